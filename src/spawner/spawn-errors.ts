import { cancellation } from "../async/cancellation.ts";
import { isSlipwayError, SlipwayError } from "../errors.ts";
import type { LaunchPlan } from "../plan/plan.ts";
import { hasInput, inputChanges } from "../ledger/spawn-input.ts";
import type { Spawn } from "../ledger/spawn-record.ts";
import type { SpawnInput } from "../substrate/contract.ts";

type InterruptedSpawn = Pick<Spawn, "workspace" | "state" | keyof SpawnInput>;

/**
 * The caller ended its wait, by a signal or by a time limit.
 *
 * @param recorded the spawn's record; null if nothing was recorded
 */
export function interrupted(
  spawnId: string,
  recorded: InterruptedSpawn | null,
  signal: AbortSignal,
): SlipwayError {
  const timedOut = signal.reason instanceof Error && signal.reason.name === "TimeoutError";
  const { what, remedy } = whereLeft(spawnId, recorded);
  return new SlipwayError({
    code: timedOut ? "DEADLINE_EXCEEDED" : "CANCELLED",
    reason: timedOut ? "TIMED_OUT" : "INTERRUPTED",
    message: `spawn ${spawnId}: ${timedOut ? "timed out" : "interrupted"} before ${what}`,
    remedy,
    metadata: { spawn_id: spawnId, ...(recorded === null ? {} : { state: recorded.state }) },
  });
}

function whereLeft(
  spawnId: string,
  recorded: InterruptedSpawn | null,
): { readonly what: string; readonly remedy: string } {
  if (recorded === null)
    return {
      what: "anything was recorded or launched",
      remedy: "Spawn again when you are ready.",
    };
  if (recorded.state === "terminating")
    return {
      what: "the termination of its machine was confirmed; it stays terminating",
      remedy: terminateAgain(spawnId),
    };
  return {
    what: "it was running; it stays recorded",
    remedy: `Resume it with \`${resumeCommand(spawnId, recorded)}\`, or end it with \`slipway terminate ${spawnId}\`.`,
  };
}

/** A spawn with input would have to be given all of it again. */
function resumeCommand(spawnId: string, recorded: InterruptedSpawn): string {
  return hasInput(recorded)
    ? "slipway recover"
    : `slipway spawn ${recorded.workspace} --id ${spawnId}`;
}

function terminateAgain(spawnId: string): string {
  return `Run \`slipway terminate ${spawnId}\` or \`slipway recover\` to terminate it.`;
}

/** The machine of a spawn could not be terminated: the provider's error, with the state of the spawn. */
export function stillTerminating({ spawnId, state }: Spawn, error: SlipwayError): SlipwayError {
  const { code, reason, blastRadius, retry, metadata } = error;
  return new SlipwayError({
    code,
    reason,
    blastRadius,
    retry,
    message: `spawn ${spawnId} stays terminating, because its machine could not be terminated yet: ${error.message}`,
    remedy: `${error.remedy ?? ""} ${terminateAgain(spawnId)}`.trim(),
    metadata: { ...metadata, spawn_id: spawnId, state },
    cause: error,
  });
}

/** The launch of a cancelled spawn has been sent, and its provider has not answered yet. */
export function launchUnanswered(spawnId: string): SlipwayError {
  return new SlipwayError({
    code: "DEADLINE_EXCEEDED",
    reason: "SPAWN_UNSETTLED",
    message: "the provider has not answered the launch yet",
    retry: "same-token",
    metadata: { spawn_id: spawnId },
  });
}

/** The caller cancelled the spawn: its machine is gone, or is being terminated. */
export function cancelled(
  { spawnId, state, machine }: Pick<Spawn, "spawnId" | "state" | "machine">,
  signal: AbortSignal,
  failure: SlipwayError | null,
): SlipwayError {
  const { code, reason } = cancellation(signal, "the spawn");
  const what = reason === "TIMED_OUT" ? "timed out" : "cancelled";
  const left =
    machine === null
      ? "it is not known yet whether its launch has a machine"
      : "its machine could not be terminated yet";
  return new SlipwayError({
    code,
    reason,
    message:
      failure === null
        ? `spawn ${spawnId}: ${what}; no machine is left`
        : `spawn ${spawnId}: ${what}; it is ${state}, because ${left} (${failure.message})`,
    remedy:
      failure === null
        ? "Spawn again under another id when you are ready."
        : terminateAgain(spawnId),
    metadata: { spawn_id: spawnId, state },
  });
}

/** The spawn was tried for long enough, and it is not known whether it has a machine. */
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
 * Checks that a known id is used for the same workspace or plan and with the same input as before.
 *
 * @throws SlipwayError `ALREADY_EXISTS` / `SPAWN_ID_REUSED`
 */
export function refuseReused(
  known: Spawn,
  { subject, own }: { readonly subject: string | LaunchPlan; readonly own: SpawnInput },
): void {
  const { spawnId, workspace, planId } = known;
  const same = typeof subject === "string" ? workspace === subject : planId === subject.planId;
  if (same) return refuseOtherInput(known, own);
  const asked = typeof subject === "string" ? subject : subject.workspace;
  const other =
    typeof subject === "string" || asked !== workspace
      ? `workspace: ${workspace}, not ${asked}`
      : `plan of workspace ${workspace}: ${planId}, not ${subject.planId}`;
  throw new SlipwayError({
    code: "ALREADY_EXISTS",
    reason: "SPAWN_ID_REUSED",
    message: `spawn ${spawnId} already exists for another ${other}`,
    remedy: "Choose another id: an id always stands for the same machine.",
    metadata: { spawn_id: spawnId, workspace },
  });
}

function refuseOtherInput(known: Spawn, own: SpawnInput): void {
  const changes = inputChanges(known, own);
  if (changes.length === 0) return;
  const { spawnId, workspace } = known;
  throw new SlipwayError({
    code: "ALREADY_EXISTS",
    reason: "SPAWN_ID_REUSED",
    message: `spawn ${spawnId} of workspace ${workspace} already exists with other ${changes.join(", ")}`,
    remedy: `Choose another id, or give this one the same ${changes.join(", ")} again: \`slipway describe ${spawnId}\` shows what it has.`,
    metadata: { spawn_id: spawnId, workspace, differs: [...changes] },
  });
}

export function spawnNotFound(tenant: string, spawnId: string): SlipwayError {
  return new SlipwayError({
    code: "NOT_FOUND",
    reason: "SPAWN_NOT_FOUND",
    message: `spawn ${spawnId} does not exist for tenant ${tenant}`,
    remedy: "`slipway list` shows the tenant's spawns.",
    metadata: { spawn_id: spawnId, tenant },
  });
}

/** Logs were requested of a spawn that has no machine, or no longer has one. */
export function noMachine({ spawnId, state, error }: Spawn): SlipwayError {
  return new SlipwayError({
    code: "FAILED_PRECONDITION",
    reason: "MACHINE_NOT_STARTED",
    message: `spawn ${spawnId} is ${state}: it has no machine${error === null ? "" : " (its error has the last lines of its log)"}`,
    remedy: `\`slipway describe ${spawnId}\` shows what happened.`,
    metadata: { spawn_id: spawnId, state },
  });
}

/** The provider does not record when a machine printed what. */
export function noLogTimes({ spawnId, substrate }: Spawn): SlipwayError {
  return new SlipwayError({
    code: "UNIMPLEMENTED",
    reason: "SUBSTRATE_UNSUPPORTED",
    message: `spawn ${spawnId}: the output of a virtual machine on ${substrate} has no times, so it cannot be read since one`,
    remedy: "Limit it by its lines instead: --tail N, or `tail` in the library.",
    metadata: { spawn_id: spawnId, substrate },
  });
}

/** The machine was accepted long ago, and neither runs nor has ended. */
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
    remedy: `Run \`slipway recover\` to check it again, or \`slipway terminate ${spawnId}\`.`,
    metadata: { spawn_id: spawnId, machine_id: machineId },
  });
}

/** Whether the same request may be sent again after this error. */
export function isWorthRepeating(caught: unknown): caught is SlipwayError {
  return isSlipwayError(caught) && caught.retry === "same-token";
}
