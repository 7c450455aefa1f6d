import type { Auditor } from "./auditor.ts";
import type { Burst } from "./bursts.ts";
import type { SimulatedCloud } from "./cloud.ts";
import type { Hosts } from "./host.ts";
import type { Scene } from "./scene.ts";
import type { Wanted, Work } from "./work.ts";

/** All that one seed's play takes place on. */
export interface Stage {
  readonly scene: Scene;
  readonly auditor: Auditor;
  readonly clouds: ReadonlyMap<string, SimulatedCloud>;
  /** By the spawn's name. */
  readonly wanted: ReadonlyMap<string, Wanted>;
  readonly bursts: readonly Burst[];
  readonly hosts: Hosts;
  readonly work: Work;
}
