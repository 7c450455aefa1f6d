import { z } from "zod";
import { invalidArgument } from "../../src/errors.ts";
import type { JsonObject } from "../../src/errors.ts";
import type { LaunchPlan } from "../../src/plan.ts";

const text = z.string().min(1);

/** All that `launch` needs beyond the plan's neutral fields. Links are partial: `projects/…`. */
const instanceSettings = z.strictObject({
  /** GiB; never less than the image's. Zero leaves it to Compute Engine: the image does not say. */
  diskSizeGb: z.int().nonnegative(),
  /** `pd-balanced`, in whichever zone. */
  diskType: text,
  subnet: text,
  /** Address of the account that the machine runs as; null for none. */
  serviceAccount: text.nullable(),
});

export type InstanceSettings = z.output<typeof instanceSettings>;

/** The plan's `settings` for a VM. */
export function planSettings(instance: InstanceSettings): JsonObject {
  return { instance };
}

/** Reads them back from a plan, which may have been saved and edited. Throws `INVALID_PLAN`. */
export function settingsOf(plan: LaunchPlan): InstanceSettings {
  const parsed = z.strictObject({ instance: instanceSettings }).safeParse(plan.settings);
  if (parsed.success) return parsed.data.instance;
  const [issue] = parsed.error.issues;
  throw invalidArgument(
    "INVALID_PLAN",
    `plan ${plan.planId}: settings.${issue?.path.join(".") ?? ""}: ${issue?.message ?? "invalid"}`,
    "Resolve the workspace again.",
  );
}
