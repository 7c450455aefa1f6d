import type { SlipwayError } from "../../../src/errors.ts";
import type { Accelerator, Check, PlanDraft } from "../../../src/plan/plan.ts";
import { failed, passed, skipped } from "../../../src/substrate/check.ts";
import type { AcceleratorTypeReply, MachineTypeReply } from "../client/replies.ts";
import { unread } from "../errors/failed-reads.ts";
import { acceleratorObstacle } from "../launch/accelerators.ts";
import { offeredIn } from "./offered-check.ts";
import type { ZoneReadings } from "./preflight-reads.ts";

/** The zones' answers about the plan's accelerators. */
export interface AcceleratorFinding {
  /** Null if the plan attaches none. */
  readonly accelerator: Accelerator | null;
  readonly type: AcceleratorTypeReply | null;
  /** Zones that do not have it, or do not say so, with the reason. */
  readonly absent: ReadonlyMap<string, string>;
  readonly error: SlipwayError | null;
}

/** @param readings of existing zones */
export function findAccelerators(
  { shape }: PlanDraft,
  readings: readonly ZoneReadings[],
): AcceleratorFinding {
  const [accelerator = null] = shape.accelerators ?? [];
  const absent = new Map<string, string>();
  let type: AcceleratorTypeReply | null = null;
  let error: SlipwayError | null = null;
  for (const { zone, acceleratorType } of readings) {
    type ??= acceleratorType?.value ?? null;
    if (acceleratorType === null || acceleratorType.error === null) continue;
    if (acceleratorType.error.reason === "ACCELERATOR_NOT_FOUND")
      absent.set(zone, `${zone} has no accelerator type ${accelerator?.type ?? ""}`);
    else {
      error ??= acceleratorType.error;
      absent.set(zone, acceleratorType.error.message);
    }
  }
  return { accelerator, type, absent, error };
}

/** The check that the plan's accelerators can be attached to machines of a type. */
export const MACHINE_TYPE_ACCELERATORS = "machine-type.accelerators";

/** Whether the plan's accelerators are offered, and how many of them a machine may have. */
export function acceleratorChecks({
  accelerator,
  type,
  absent,
  error,
}: AcceleratorFinding): readonly Check[] {
  if (accelerator === null) return [];
  const check = "accelerators.offered";
  const whys = [...absent.values()].join("; ");
  if (type === null) {
    if (error !== null) return [unread(check, error)];
    if (absent.size === 0) return [skipped(check, "unknown, because no zone could be read")];
    return [
      failed(check, {
        code: "NOT_FOUND",
        reason: "ACCELERATOR_NOT_FOUND",
        message: `no zone of the placement has an accelerator type ${accelerator.type}: ${whys}`,
        remedy:
          "Name another accelerator type in the machine-type record (`gcloud compute accelerator-types list`), or give the placement other zones.",
        blastRadius: "region",
        metadata: { accelerator_type: accelerator.type, zones: [...absent.keys()] },
      }),
    ];
  }
  const offered = offeredIn(check, `accelerator type ${accelerator.type} is offered`, {
    whys,
    error,
  });
  const most = type.maximumCardsPerInstance;
  if (most === null || accelerator.count <= most) return [offered];
  return [
    offered,
    failed("accelerators.count", {
      code: "FAILED_PRECONDITION",
      reason: "ACCELERATOR_UNSUPPORTED",
      message: `a machine may have at most ${most} × ${accelerator.type}, not ${accelerator.count}`,
      remedy: `Set the count of accelerators in the machine-type record to ${most} or less.`,
      metadata: { accelerator_type: accelerator.type, count: accelerator.count, most },
    }),
  ];
}

/** Whether the plan's accelerators can be attached to a machine of the type. */
export function attachmentCheck(
  { accelerator }: AcceleratorFinding,
  machine: MachineTypeReply | null,
): readonly Check[] {
  if (accelerator === null || machine === null) return [];
  const what = `${accelerator.count} × ${accelerator.type}`;
  const obstacle = acceleratorObstacle(accelerator, machine);
  if (obstacle === null)
    return [passed(MACHINE_TYPE_ACCELERATORS, `machine type ${machine.name} takes ${what}`)];
  return [
    failed(MACHINE_TYPE_ACCELERATORS, {
      code: "FAILED_PRECONDITION",
      reason: "ACCELERATOR_UNSUPPORTED",
      message: `machine type ${machine.name} does not take ${what}: ${obstacle}`,
      remedy:
        "Correct accelerators of the machine-type record, or name a machine type that takes them, such as one of N1.",
      metadata: { machine_type: machine.name, accelerator_type: accelerator.type },
    }),
  ];
}
