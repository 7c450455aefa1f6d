import { cancellation } from "../../../src/async/cancellation.ts";
import { isSlipwayError, isUnsent } from "../../../src/errors.ts";
import type { SlipwayError } from "../../../src/errors.ts";
import type { TerminateOutcome } from "../../../src/substrate/contract.ts";
import type { GceApi } from "../client/api.ts";
import { describeMachines } from "./describe.ts";
import { gceError, hasStatus } from "../errors/errors.ts";
import { readMachineId } from "./machine-id.ts";
import { isDone, operationFailure } from "../client/operation.ts";
import type { OperationReply } from "../client/replies.ts";
import { mapLimited } from "../../../src/async/map-limited.ts";

export interface TerminatePorts {
  readonly api: Pick<
    GceApi,
    "deleteInstance" | "instance" | "instances" | "operations" | "waitForOperation"
  >;
}

/** Result of one delete call; with neither an operation nor an error, there was no machine. */
interface Attempt {
  readonly id: string;
  readonly operation: OperationReply | null;
  readonly error: SlipwayError | null;
}

const CALLS_AT_ONCE = 8;

/**
 * Deletes machines with their boot disks. Returns one outcome per id, in the order of `ids`. A machine that is
 * already gone counts as terminated, and so does one that is shutting down, which takes about a minute.
 */
export async function terminateMachines(
  ports: TerminatePorts,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<readonly TerminateOutcome[]> {
  if (signal.aborted) throw cancellation(signal, "terminating machines");
  const unique = [...new Set(ids)];
  const attempts = await mapLimited(unique, CALLS_AT_ONCE, (id) => attempt(ports, id, signal));
  const left = await stillThere(ports, attempts, signal);
  const settled = await mapLimited(left, CALLS_AT_ONCE, (one) => settle(ports, one, signal));
  const errors = new Map(settled.map(({ id, error }) => [id, error]));
  return ids.map((id) => {
    const error = errors.get(id) ?? null;
    return error === null ? { id, outcome: "terminated" } : { id, outcome: "failed", error };
  });
}

async function attempt({ api }: TerminatePorts, id: string, signal: AbortSignal): Promise<Attempt> {
  const machine = readMachineId(id);
  if (machine === null) return { id, operation: null, error: null };
  const { project, zone, name } = machine;
  try {
    const operation = await api.deleteInstance({ project, zone, instance: name }, signal);
    return { id, operation, error: null };
  } catch (caught) {
    if (signal.aborted) throw caught;
    const error = hasStatus(caught, 404) ? null : gceError(caught, { doing: deleting(id) });
    return { id, operation: null, error };
  }
}

/**
 * The attempts whose requests were never sent, and those whose machines are neither gone nor shutting down, or
 * whose state is unknown.
 */
async function stillThere(
  ports: TerminatePorts,
  attempts: readonly Attempt[],
  signal: AbortSignal,
): Promise<readonly Attempt[]> {
  const failed = attempts.filter(({ error }) => error !== null && isUnsent(error));
  const doubtful = attempts.filter(
    ({ operation, error }) => operation !== null || (error !== null && !isUnsent(error)),
  );
  if (doubtful.length === 0) return failed;
  try {
    const machines = await describeMachines(
      ports,
      doubtful.map(({ id }) => id),
      signal,
    );
    const present = new Set(machines.flatMap((machine) => machine?.id ?? []));
    return [...failed, ...doubtful.filter(({ id }) => present.has(id))];
  } catch (caught) {
    if (signal.aborted || !isSlipwayError(caught)) throw caught;
    return [...failed, ...doubtful];
  }
}

/** Reads the operation of an accepted deletion that shows no effect yet. */
async function settle(
  { api }: TerminatePorts,
  { id, operation, error }: Attempt,
  signal: AbortSignal,
): Promise<Attempt> {
  const machine = readMachineId(id);
  if (error !== null || operation === null || machine === null) return { id, operation, error };
  const { project, zone } = machine;
  try {
    let current = operation;
    while (!isDone(current))
      current = await api.waitForOperation({ project, zone, operation: operation.name }, signal);
    return { id, operation, error: operationFailure(current, deleting(id)) };
  } catch (caught) {
    if (signal.aborted) throw caught;
    return { id, operation, error: gceError(caught, { doing: deleting(id) }) };
  }
}

function deleting(id: string): string {
  return `deleting instance ${id}`;
}
