import { z } from "zod";
import type { JsonObject } from "../../src/errors.ts";
import type { LaunchPlan } from "../../src/plan/plan.ts";
import { settingsParser } from "../../src/substrate/plan-settings.ts";

const instanceSettings = z.strictObject({
  /** GiB, at least the image's size; null means the image's size. */
  diskSizeGb: z.int().positive().nullable(),
  /**
   * Such as `pd-balanced`, in the launch's zone; null leaves it to Compute Engine, which knows what a machine type
   * supports.
   */
  diskType: z.string().min(1).nullable(),
  /** `projects/P/regions/R/subnetworks/N` */
  subnetwork: z.string().min(1),
  /** For a machine type that cannot migrate. Otherwise absent: Compute Engine's default is `MIGRATE`. */
  onHostMaintenance: z.literal("TERMINATE").exactOptional(),
  /** For bare metal. Otherwise absent: Compute Engine chooses. */
  nicType: z.literal("IDPF").exactOptional(),
});

/** The settings of a launch beyond the plan's neutral fields and its target. */
export type InstanceSettings = z.output<typeof instanceSettings>;

/** The plan's `settings` for a VM. */
export function planSettings(instance: InstanceSettings): JsonObject {
  return { instance };
}

const parseSettings = settingsParser(z.strictObject({ instance: instanceSettings }));

/**
 * The settings of a plan, which may have been saved and edited.
 *
 * @throws SlipwayError `INVALID_PLAN`
 */
export function settingsOf(plan: Pick<LaunchPlan, "planId" | "settings">): InstanceSettings {
  return parseSettings(plan).instance;
}
