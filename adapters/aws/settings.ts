import { z } from "zod";
import { memoizeFrozen } from "../../src/async/memoize.ts";
import { invalidArgument } from "../../src/errors.ts";
import type { JsonObject } from "../../src/errors.ts";
import type { LaunchPlan } from "../../src/plan/plan.ts";
import { WITHOUT_COMPILING } from "../../src/json/zod-options.ts";

const text = z.string().min(1);

/** The EC2-specific part of a plan: everything that `RunInstances` needs beyond the plan's neutral fields. */
const instanceSettings = z.strictObject({
  /** EC2's name of the machine type, such as `m7i.large`. The plan's `machine_type` has the same value. */
  instanceType: text,
  /** The name that the image gives its root device, such as `/dev/xvda`. Any other name would add a second disk. */
  rootDeviceName: text,
  /** The size is in GiB. Null keeps the image's own size or type. */
  rootVolume: z.strictObject({
    sizeGb: z.int().positive().nullable(),
    type: text.nullable(),
  }),
  /** The groups of the machine's network interface. Empty: EC2 uses the default group of the subnet's VPC. */
  securityGroupIds: z.array(text),
  instanceProfileArn: text.nullable(),
  assignPublicIp: z.boolean(),
  /** The placement's own tags. Each launch adds the ownership tags. */
  tags: z.record(text, z.string()),
});

export type InstanceSettings = z.output<typeof instanceSettings>;

/** Wraps the settings of an EC2 instance as a plan's `settings`. */
export function planSettings(instance: InstanceSettings): JsonObject {
  return { instance };
}

/** Parsed once for each plan: a burst of spawns shares the result. */
const parse = memoizeFrozen((settings: JsonObject) =>
  z.strictObject({ instance: instanceSettings }).safeParse(settings, WITHOUT_COMPILING),
);

/**
 * Reads the settings of an EC2 instance from a plan, which may have been saved and edited.
 *
 * @throws SlipwayError `INVALID_PLAN`
 */
export function settingsOf(plan: Pick<LaunchPlan, "planId" | "settings">): InstanceSettings {
  const parsed = parse(plan.settings);
  if (parsed.success) return parsed.data.instance;
  const [issue] = parsed.error.issues;
  throw invalidArgument(
    "INVALID_PLAN",
    `plan ${plan.planId}: settings.${issue?.path.join(".") ?? ""}: ${issue?.message ?? "invalid"}`,
    "Resolve the workspace again.",
  );
}
