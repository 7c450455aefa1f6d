import type { LaunchPlan } from "../../src/plan.ts";
import type { Auditor } from "./auditor.ts";
import type { SimulatedCloud } from "./cloud.ts";
import type { Hosts } from "./host.ts";
import type { CloudKind } from "./plans.ts";
import type { Scene } from "./scene.ts";
import type { Work } from "./work.ts";

/** All that one seed's play takes place on. */
export interface Stage {
  readonly scene: Scene;
  readonly auditor: Auditor;
  readonly clouds: ReadonlyMap<CloudKind, SimulatedCloud>;
  readonly plans: ReadonlyMap<string, LaunchPlan>;
  readonly hosts: Hosts;
  readonly work: Work;
}
