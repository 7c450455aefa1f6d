import { z } from "zod";
import { invalidArgument } from "../../src/errors.ts";
import type { JsonObject } from "../../src/errors.ts";
import type { LaunchPlan } from "../../src/plan/plan.ts";
import { WITHOUT_COMPILING } from "../../src/json/zod-options.ts";

const instanceSettings = z.strictObject({
  /** GiB, never less than the image's; null leaves it at the image's own. */
  diskSizeGb: z.int().positive().nullable(),
  /** `pd-balanced`, in whichever zone; null leaves it to Compute Engine, which knows what a machine type takes. */
  diskType: z.string().min(1).nullable(),
  /** `projects/P/regions/R/subnetworks/N` */
  subnetwork: z.string().min(1),
});

const planned = z.strictObject({ instance: instanceSettings });

/** All that `launch` needs beyond the plan's neutral fields and its target. */
export type InstanceSettings = z.output<typeof instanceSettings>;

/** The plan's `settings` for a VM. */
export function planSettings(instance: InstanceSettings): JsonObject {
  return { instance };
}

/** Reads them back from a plan, which may have been saved and edited. Throws `INVALID_PLAN`. */
export function settingsOf(plan: LaunchPlan): InstanceSettings {
  const parsed = planned.safeParse(plan.settings, WITHOUT_COMPILING);
  if (parsed.success) return parsed.data.instance;
  const [issue] = parsed.error.issues;
  throw invalidArgument(
    "INVALID_PLAN",
    `plan ${plan.planId}: settings.${issue?.path.join(".") ?? ""}: ${issue?.message ?? "invalid"}`,
    "Resolve the workspace again.",
  );
}
