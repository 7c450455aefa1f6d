import { pause, throwIfCancelled } from "../../../src/async/cancellation.ts";
import type { Sleep } from "../../../src/async/cancellation.ts";
import { SlipwayError } from "../../../src/errors.ts";
import type { TerminateOutcome } from "../../../src/substrate/contract.ts";
import type { AwsApi } from "../client/api.ts";
import { cloudError, providerCode } from "../errors/errors.ts";
import {
  chunksOf,
  idsNamedIn,
  isInstanceId,
  IDS_PER_CALL,
  UNKNOWN_ID_CODES,
} from "./instance-ids.ts";
import type { RecentMachines } from "./recent-machines.ts";

type TerminateApi = Pick<AwsApi, "region" | "terminateInstances">;

export interface TerminatePorts {
  readonly api: TerminateApi;
  readonly recent: RecentMachines;
  readonly sleep: Sleep;
  /** How many machines one call may terminate under the account's rates. */
  readonly maxPerCall: number;
}

/**
 * Pauses before retries for ids that EC2 does not know, in milliseconds. A machine that this process launched a moment
 * ago exists even if EC2 does not show it yet, so all retries are made. Any other machine may have been launched by a
 * previous process, so it gets a few retries before it counts as gone.
 */
const PAUSES = [500, 1_000, 2_000, 4_000, 8_000];
const RETRIES_OF_OTHERS = 2;

/** Halving finds the machines that cause a refusal. This many calls bound the search. */
const MAX_CALLS = 60;

/** The result for one machine: terminated, not known to EC2, or the error. */
type Settled = "terminated" | "unknown" | SlipwayError;

interface Termination extends TerminatePorts {
  readonly signal: AbortSignal;
  readonly settled: Map<string, Settled>;
  readonly unknown: Set<string>;
  calls: number;
}

/** One answer per id, in the same order. A machine that is already gone, or a malformed id, counts as terminated. */
export async function terminateInstances(
  ports: TerminatePorts,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<readonly TerminateOutcome[]> {
  throwIfCancelled(signal, "terminating machines");
  const settled = new Map<string, Settled>();
  const possible = [...new Set(ids)].filter(isInstanceId);
  for (const chunk of chunksOf(possible, Math.min(IDS_PER_CALL, ports.maxPerCall))) {
    const termination = { ...ports, signal, settled, unknown: new Set<string>(), calls: 0 };
    await terminateAll(termination, chunk);
    await settleUnknown(termination);
  }
  return ids.map((id) => {
    const end = settled.get(id) ?? "terminated";
    return typeof end === "string" ? { id, outcome: end } : { id, outcome: "failed", error: end };
  });
}

/** EC2 refuses the whole call because of one machine. Those that the refusal names are left out and the rest retried. */
async function terminateAll(termination: Termination, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  const { api, signal } = termination;
  termination.calls += 1;
  try {
    const { TerminatingInstances } = await api.terminateInstances(
      { InstanceIds: [...ids] },
      signal,
    );
    settleAll(termination, ids, new Set(TerminatingInstances?.map(({ InstanceId }) => InstanceId)));
  } catch (caught) {
    await afterRefusal(termination, ids, caught);
  }
}

async function afterRefusal(
  termination: Termination,
  ids: readonly string[],
  caught: unknown,
): Promise<void> {
  const { api, signal, settled, unknown, calls } = termination;
  const subject = ids.length === 1 ? `instance ${ids[0] ?? ""}` : `${ids.length} instances`;
  const error = cloudError(caught, {
    operation: "TerminateInstances",
    subject,
    region: api.region,
    signal,
  });
  throwIfCancelled(signal, "terminating machines");
  const isUnknown = UNKNOWN_ID_CODES.has(providerCode(caught));
  const refuse = (refused: Iterable<string>): void => {
    for (const id of refused)
      if (isUnknown) unknown.add(id);
      else settled.set(id, error);
  };
  if (ids.length === 1 || !(isUnknown || mayConcernOneMachine(error)) || calls >= MAX_CALLS)
    return refuse(ids);
  const named = idsNamedIn(caught, ids);
  if (named.size > 0) {
    refuse(named);
    const rest = ids.filter((id) => !named.has(id));
    return await terminateAll(termination, rest);
  }
  const half = Math.ceil(ids.length / 2);
  await terminateAll(termination, ids.slice(0, half));
  await terminateAll(termination, ids.slice(half));
}

/** True if the refusal may concern one machine (it is protected, or not ours) and not the whole call. */
function mayConcernOneMachine({ reason }: SlipwayError): boolean {
  return reason === "CLOUD_REQUEST_REFUSED" || reason === "CLOUD_PERMISSION_DENIED";
}

function settleAll(
  { api, settled, recent }: Termination,
  ids: readonly string[],
  terminating: ReadonlySet<string | undefined>,
): void {
  const unnamed = ids.filter((id) => !terminating.has(id));
  for (const id of unnamed) settled.set(id, unconfirmed(api, id, "the answer does not name it"));
  const confirmed = ids.filter((id) => terminating.has(id));
  for (const id of confirmed) settled.set(id, "terminated");
  recent.terminated(confirmed);
}

async function settleUnknown(termination: Termination): Promise<void> {
  const { api, recent, settled, unknown, sleep, signal } = termination;
  for (const [retries, milliseconds] of PAUSES.entries()) {
    for (const id of unknown) {
      const remembered = recent.find(id);
      const isAwaited = remembered !== null && remembered !== "terminated";
      if (isAwaited || (remembered === null && retries < RETRIES_OF_OTHERS)) continue;
      settled.set(id, remembered === null ? "unknown" : "terminated");
      unknown.delete(id);
    }
    if (unknown.size === 0) return;
    await pause(sleep, milliseconds, { signal, what: "terminating machines" });
    const ids = [...unknown];
    unknown.clear();
    await terminateAll(termination, ids);
  }
  for (const id of unknown)
    settled.set(
      id,
      unconfirmed(api, id, "it was launched a moment ago and EC2 does not know it yet"),
    );
}

function unconfirmed(api: TerminateApi, id: string, why: string): SlipwayError {
  return new SlipwayError({
    code: "UNAVAILABLE",
    reason: "CLOUD_UNAVAILABLE",
    message: `TerminateInstances in ${api.region} (instance ${id}): ${why}`,
    remedy: "Terminate it again.",
    blastRadius: "request",
    retry: "same-token",
    metadata: { operation: "TerminateInstances", region: api.region },
  });
}
