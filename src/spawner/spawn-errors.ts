import { cancellation } from "../async/cancellation.ts";
import { isSlipwayError, SlipwayError } from "../errors.ts";
import type { LaunchPlan } from "../plan/plan.ts";
import type { Spawn } from "../ledger/spawn-record.ts";

/** A wait that the caller ended: by its signal, or by the time it gave. */
export function interrupted(
  spawnId: string,
  workspace: string | null,
  signal: AbortSignal,
): SlipwayError {
  const timedOut = signal.reason instanceof Error && signal.reason.name === "TimeoutError";
  const recorded = workspace !== null;
  return new SlipwayError({
    code: timedOut ? "DEADLINE_EXCEEDED" : "CANCELLED",
    reason: timedOut ? "TIMED_OUT" : "INTERRUPTED",
    message: recorded
      ? `spawn ${spawnId}: ${timedOut ? "the time given ran out" : "interrupted"} before it was running; it stays recorded`
      : `spawn ${spawnId}: ${timedOut ? "the time given ran out" : "interrupted"} before anything was recorded or launched`,
    remedy: recorded
      ? `Resume it with \`slipway spawn ${workspace} --id ${spawnId}\`, or end it with \`slipway terminate ${spawnId}\`.`
      : "Spawn again when you are ready.",
    metadata: { spawn_id: spawnId },
  });
}

/** A spawn that its caller gave up: what was launched is gone, or is being taken away. */
export function cancelled(
  { spawnId, state }: Pick<Spawn, "spawnId" | "state">,
  signal: AbortSignal,
  failure: SlipwayError | null,
): SlipwayError {
  const { code, reason } = cancellation(signal, "the spawn");
  const what = reason === "TIMED_OUT" ? "the time given ran out" : "cancelled";
  return new SlipwayError({
    code,
    reason,
    message:
      failure === null
        ? `spawn ${spawnId}: ${what}; nothing of it is left`
        : `spawn ${spawnId}: ${what}; it is ${state}, because what was launched could not be taken away yet (${failure.message})`,
    remedy:
      failure === null
        ? "Spawn again under another id when you are ready."
        : `\`slipway terminate ${spawnId}\` or \`slipway recover\` takes it away.`,
    metadata: { spawn_id: spawnId, state },
  });
}

/** It was tried for long enough, and is not known whether there is a machine. */
export function unsettled(spawnId: string, error: SlipwayError): SlipwayError {
  return new SlipwayError({
    code: "UNAVAILABLE",
    reason: "SPAWN_UNSETTLED",
    message: `spawn ${spawnId}: the launch may or may not have happened (${error.message})`,
    remedy: `Spawn again with the id ${spawnId}, or run \`slipway recover\`: the same launch is repeated, so there is never a second machine.`,
    retry: "same-token",
    metadata: { spawn_id: spawnId },
    cause: error,
  });
}

/**
 * Holds the spawn that has an id to what was asked for under it: the same workspace, or the same plan.
 *
 * @throws SlipwayError `ALREADY_EXISTS` / `SPAWN_ID_REUSED`
 */
export function refuseReused(known: Spawn, subject: string | LaunchPlan): void {
  const { spawnId, workspace, planId } = known;
  const same = typeof subject === "string" ? workspace === subject : planId === subject.planId;
  if (same) return;
  const asked = typeof subject === "string" ? subject : subject.workspace;
  const other =
    typeof subject === "string" || asked !== workspace
      ? `workspace: ${workspace}, not ${asked}`
      : `plan of workspace ${workspace}: ${planId}, not ${subject.planId}`;
  throw new SlipwayError({
    code: "ALREADY_EXISTS",
    reason: "SPAWN_ID_REUSED",
    message: `spawn ${spawnId} exists already, for another ${other}`,
    remedy: "Choose another id; one id is one machine for ever.",
    metadata: { spawn_id: spawnId, workspace },
  });
}

export function spawnNotFound(tenant: string, spawnId: string): SlipwayError {
  return new SlipwayError({
    code: "NOT_FOUND",
    reason: "SPAWN_NOT_FOUND",
    message: `spawn ${spawnId} is not known to tenant ${tenant}`,
    remedy: "`slipway list` shows the tenant's spawns.",
    metadata: { spawn_id: spawnId, tenant },
  });
}

/** Asked for the logs of a spawn that has no machine, or none any more. */
export function noMachine({ spawnId, state, error }: Spawn): SlipwayError {
  return new SlipwayError({
    code: "FAILED_PRECONDITION",
    reason: "MACHINE_NOT_STARTED",
    message: `spawn ${spawnId} is ${state}: it has no machine${error === null ? "" : " (its error keeps the last lines that one printed)"}`,
    remedy: `\`slipway describe ${spawnId}\` shows what happened.`,
    metadata: { spawn_id: spawnId, state },
  });
}

/** Its machine was accepted long ago and is neither running nor at its end. */
export function stillPending(
  { spawnId }: Pick<Spawn, "spawnId">,
  machineId: string,
  milliseconds: number,
): SlipwayError {
  const seconds = milliseconds / 1_000;
  const time = seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`;
  return new SlipwayError({
    code: "DEADLINE_EXCEEDED",
    reason: "BOOT_TIMED_OUT",
    message: `spawn ${spawnId}: machine ${machineId} is still pending more than ${time} after it was accepted; the spawn stays booting`,
    remedy: `\`slipway recover\` looks at it again, \`slipway terminate ${spawnId}\` ends it.`,
    metadata: { spawn_id: spawnId, machine_id: machineId },
  });
}

/** Whether the same request may be sent again for this error. */
export function isWorthRepeating(caught: unknown): caught is SlipwayError {
  return isSlipwayError(caught) && caught.retry === "same-token";
}
