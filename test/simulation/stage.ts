import type { Auditor } from "./auditor.ts";
import type { Burst } from "./bursts.ts";
import type { SimulatedCloud } from "./cloud.ts";
import type { Hosts } from "./host.ts";
import type { Scene } from "./scene.ts";
import type { WantedSpawn, Work } from "./work.ts";

/** Everything that the run of one seed needs. */
export interface Stage {
  readonly scene: Scene;
  readonly auditor: Auditor;
  readonly clouds: ReadonlyMap<string, SimulatedCloud>;
  /** Keyed by the spawn's name. */
  readonly wanted: ReadonlyMap<string, WantedSpawn>;
  readonly bursts: readonly Burst[];
  readonly hosts: Hosts;
  readonly work: Work;
}
