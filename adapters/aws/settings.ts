import { z } from "zod";
import { memoizeFrozen } from "../../src/async/memoize.ts";
import { invalidArgument } from "../../src/errors.ts";
import type { JsonObject } from "../../src/errors.ts";
import type { LaunchPlan } from "../../src/plan/plan.ts";
import { WITHOUT_COMPILING } from "../../src/json/zod-options.ts";

const text = z.string().min(1);

/** What `RunInstances` is told beyond the plan's neutral fields. */
const instanceSettings = z.strictObject({
  /** EC2's name of the machine type, such as `m7i.large`; the plan's `machine_type` too. */
  instanceType: text,
  /** The image's own name of its root device, such as `/dev/xvda`: another name would make a second disk. */
  rootDeviceName: text,
  /** Null leaves the image's own size (in GiB) or type. */
  rootVolume: z.strictObject({
    sizeGb: z.int().positive().nullable(),
    type: text.nullable(),
  }),
  /** The groups of the machine's network interface; empty is the default group of the subnet's VPC. */
  securityGroupIds: z.array(text),
  instanceProfileArn: text.nullable(),
  assignPublicIp: z.boolean(),
  /** The placement's own tags; the owner's are added by each launch. */
  tags: z.record(text, z.string()),
});

export type InstanceSettings = z.output<typeof instanceSettings>;

/** The plan's `settings` for an EC2 instance. */
export function planSettings(instance: InstanceSettings): JsonObject {
  return { instance };
}

/** Parsed once for each plan: a burst of spawns shares the result. */
const parse = memoizeFrozen((settings: JsonObject) =>
  z.strictObject({ instance: instanceSettings }).safeParse(settings, WITHOUT_COMPILING),
);

/** Reads them back from a plan, which may have been saved and edited. Throws `INVALID_PLAN`. */
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
