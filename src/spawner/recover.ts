import { asSlipwayError } from "../errors.ts";
import type { SlipwayError } from "../errors.ts";
import { reportWait } from "./notice.ts";
import type { SpawnNotice } from "./notice.ts";
import { crowdSignals } from "../async/cancellation.ts";
import { awaitSpawn } from "./spawn.ts";
import type { Spawn } from "../ledger/spawn-record.ts";
import type { Lease, SpawnKey } from "../ledger/ledger.ts";
import type { SpawnerRuntime, WaitOptions } from "./task.ts";

export interface RecoverRequest {
  readonly tenant: string;
  /** Ends the recovery; spawns stay as they are. */
  readonly signal: AbortSignal;
  readonly onEvent: (notice: SpawnNotice) => void;
}

/** The result for a spawn that was unfinished. */
export interface Recovered {
  readonly spawnId: string;
  /** Its current state; null if it could not be read. */
  readonly spawn: Spawn | null;
  /** Why it has not settled; null if it has. */
  readonly error: SlipwayError | null;
}

interface Unfinished extends SpawnKey {
  readonly lease: Lease;
}

/** First and longest pause between two looks at spawns that other processes drive, in milliseconds. */
const FIRST_PAUSE = 20;
const LONGEST_PAUSE = 1_000;

/**
 * Recovers every unfinished spawn of the tenant, oldest first: at once if its worker is gone, otherwise when it has
 * settled or its lease has run out. Each ends as running, failed or terminated, or with the reason why not. Concurrent
 * recoveries do no harm.
 *
 * All spawns are recovered at the same time. The provider's rates and the adapter's limit bound the launch calls, and
 * one poll loop for each adapter reads all machines that boot.
 */
export async function recover(
  runtime: SpawnerRuntime,
  request: RecoverRequest,
): Promise<readonly Recovered[]> {
  const { tenant, signal } = request;
  const unfinished = await runtime.ledger.unfinished(tenant);
  using cancelling = crowdSignals(new AbortController().signal, unfinished.length);
  using detaching = crowdSignals(signal, unfinished.length);
  const places = new Map(unfinished.map(({ spawnId }, place) => [spawnId, place]));
  const recovered = new Map<string, Promise<Recovered>>();
  for await (const spawnId of freeSpawns(runtime, request, unfinished)) {
    const place = places.get(spawnId) ?? 0;
    const signals = { signal: cancelling.signalOf(place), detach: detaching.signalOf(place) };
    recovered.set(spawnId, recoverOne(runtime, { ...request, ...signals, spawnId }));
  }
  return await Promise.all(unfinished.flatMap(({ spawnId }) => recovered.get(spawnId) ?? []));
}

/**
 * Yields each spawn once: when no process drives it any longer, when it has settled, or when the recovery is to end.
 * One query looks at all spawns that other processes drive.
 */
async function* freeSpawns(
  runtime: SpawnerRuntime,
  { tenant, signal, onEvent }: RecoverRequest,
  unfinished: readonly Unfinished[],
): AsyncGenerator<string> {
  const { ledger, clock, leases } = runtime;
  let left = unfinished;
  for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
    const driven = left.filter((one) => !leases.isFree(one, one.lease));
    const others = new Set(driven);
    for (const one of left) if (signal.aborted || !others.has(one)) yield one.spawnId;
    if (signal.aborted || driven.length === 0) return;
    if (left === unfinished)
      for (const { spawnId, lease } of driven)
        reportWait({ spawnId, onEvent }, lease.until - clock.now(), "another process to finish");
    await clock.sleep(pause);
    const known = new Map((await ledger.unfinished(tenant)).map((one) => [one.spawnId, one]));
    for (const { spawnId } of driven) if (!known.has(spawnId)) yield spawnId;
    left = driven.flatMap(({ spawnId }) => known.get(spawnId) ?? []);
  }
}

async function recoverOne(
  runtime: SpawnerRuntime,
  waitOptions: Omit<WaitOptions, "wait">,
): Promise<Recovered> {
  const { spawnId } = waitOptions;
  try {
    const spawn = await awaitSpawn(runtime, { ...waitOptions, wait: "settled" });
    return { spawnId, spawn, error: null };
  } catch (caught) {
    const driven = await runtime.ledger.find(waitOptions);
    return { spawnId, spawn: driven?.spawn ?? null, error: asSlipwayError(caught) };
  }
}
