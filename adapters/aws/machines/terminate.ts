import { pause, throwIfCancelled } from "../../../src/async/cancellation.ts";
import type { Sleep } from "../../../src/async/cancellation.ts";
import { SlipwayError } from "../../../src/errors.ts";
import type { TerminateOutcome } from "../../../src/substrate/contract.ts";
import type { AwsApi } from "../client/api.ts";
import { cloudError, providerCode } from "../errors/errors.ts";
import { chunksOf, idsNamedIn, isInstanceId, IDS_A_CALL, UNKNOWN_ID } from "./instance-ids.ts";
import type { RecentMachines } from "./recent-machines.ts";

type TerminatingApi = Pick<AwsApi, "region" | "terminateInstances">;

export interface TerminatePorts {
  readonly api: TerminatingApi;
  readonly recent: RecentMachines;
  readonly sleep: Sleep;
  /** Machines that one call may be for at the account's rates. */
  readonly mostAtOnce: number;
}

/**
 * Between looks at ids that EC2 does not know, in milliseconds. A machine that was launched here a moment ago is there,
 * whatever EC2 says: it is waited for. Any other may have been launched by a process before this one, so that it is
 * tried again before it is taken for one that is gone.
 */
const PAUSES = [500, 1_000, 2_000, 4_000, 8_000];
const LOOKS_AT_OTHERS = 2;

/** A refusal of some machines among many is found by halving, and not for ever. */
const MOST_CALLS = 60;

/** What came of one: gone, not known to EC2, or why not. */
type Settled = "terminated" | "unknown" | SlipwayError;

interface Termination extends TerminatePorts {
  readonly signal: AbortSignal;
  readonly settled: Map<string, Settled>;
  readonly unknown: Set<string>;
  calls: number;
}

/** One answer an id, in their order: what is gone already, or can be no machine, counts as terminated. */
export async function terminateInstances(
  ports: TerminatePorts,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<readonly TerminateOutcome[]> {
  throwIfCancelled(signal, "terminating machines");
  const settled = new Map<string, Settled>();
  const possible = [...new Set(ids)].filter(isInstanceId);
  for (const chunk of chunksOf(possible, Math.min(IDS_A_CALL, ports.mostAtOnce))) {
    const termination = { ...ports, signal, settled, unknown: new Set<string>(), calls: 0 };
    await terminateAll(termination, chunk);
    await settleUnknown(termination);
  }
  return ids.map((id) => {
    const end = settled.get(id) ?? "terminated";
    return typeof end === "string" ? { id, outcome: end } : { id, outcome: "failed", error: end };
  });
}

/** EC2 fails the whole call for one machine: those that its refusal names are left out, and the others tried again. */
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
  const isUnknown = UNKNOWN_ID.has(providerCode(caught));
  const refuse = (refused: Iterable<string>): void => {
    for (const id of refused)
      if (isUnknown) unknown.add(id);
      else settled.set(id, error);
  };
  if (ids.length === 1 || !(isUnknown || isAboutSome(error)) || calls >= MOST_CALLS)
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

/** True for a refusal that may be of one machine (it is protected, or not ours) and not of the call. */
function isAboutSome({ reason }: SlipwayError): boolean {
  return reason === "CLOUD_REQUEST_REFUSED" || reason === "CLOUD_PERMISSION_DENIED";
}

function settleAll(
  { api, settled, recent }: Termination,
  ids: readonly string[],
  terminating: ReadonlySet<string | undefined>,
): void {
  const untold = ids.filter((id) => !terminating.has(id));
  for (const id of untold) settled.set(id, unsettled(api, id, "the answer does not name it"));
  const told = ids.filter((id) => terminating.has(id));
  for (const id of told) settled.set(id, "terminated");
  recent.terminated(told);
}

async function settleUnknown(termination: Termination): Promise<void> {
  const { api, recent, settled, unknown, sleep, signal } = termination;
  for (const [look, milliseconds] of PAUSES.entries()) {
    for (const id of unknown) {
      const remembered = recent.find(id);
      const isAwaited = remembered !== null && remembered !== "terminated";
      if (isAwaited || (remembered === null && look < LOOKS_AT_OTHERS)) continue;
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
      unsettled(api, id, "it was launched a moment ago and EC2 does not know it yet"),
    );
}

function unsettled(api: TerminatingApi, id: string, why: string): SlipwayError {
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
