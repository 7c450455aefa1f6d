import type { Clock } from "../host/clock.ts";
import type { Ledger } from "./ledger.ts";
import { addCounts, NOTHING_PRUNED } from "./pruning.ts";
import type { PruneCounts, PrunePosition } from "./pruning.ts";

export interface PruneRequest {
  readonly tenant: string;
  /** How long a spawn must have ended, in milliseconds. */
  readonly olderThan: number;
  /** Count only. */
  readonly dryRun: boolean;
  /** Ends the run between two batches. */
  readonly signal: AbortSignal;
  /** Called after each batch with the counts so far. */
  readonly onProgress: (counts: PruneCounts) => void;
}

/** The numbers of deleted rows; in a dry run, of those that would be deleted. */
export interface PruneReport extends PruneCounts {
  /** The time before which a spawn must have ended; RFC 3339, in UTC. */
  readonly endedBefore: string;
  /** False if the signal ended the run before everything was done. */
  readonly complete: boolean;
}

const FIRST_BATCH = 32;
const SMALLEST_BATCH = 8;
const LARGEST_BATCH = 512;
/** A batch blocks all other writers, so it is to take about this long, in milliseconds. */
const WANTED_MILLISECONDS = 8;
/** Time for other writers between two batches, in milliseconds: at least as long as the batch took. */
const SHORTEST_PAUSE = 5;

/**
 * Deletes the tenant's spawns that ended long enough ago, oldest first, in batches that leave other writers at least half
 * of the time.
 */
export async function prune(
  { ledger, clock }: { readonly ledger: Ledger; readonly clock: Clock },
  { tenant, olderThan, dryRun, signal, onProgress }: PruneRequest,
): Promise<PruneReport> {
  const endedBefore = new Date(Math.max(0, clock.now() - olderThan)).toISOString();
  let counts = NOTHING_PRUNED;
  let after: PrunePosition | null = null;
  let limit = FIRST_BATCH;
  while (!signal.aborted) {
    const began = clock.now();
    const batch = await ledger.prune({ tenant, endedBefore, after, limit, dryRun });
    const took = clock.now() - began;
    counts = addCounts(counts, batch.counts);
    onProgress(counts);
    if (batch.next === null) return { ...counts, endedBefore, complete: true };
    after = batch.next;
    limit = nextLimit(limit, took);
    await clock.sleep(Math.max(took, SHORTEST_PAUSE));
  }
  return { ...counts, endedBefore, complete: false };
}

function nextLimit(limit: number, took: number): number {
  if (took > 2 * WANTED_MILLISECONDS) return Math.max(SMALLEST_BATCH, Math.floor(limit / 2));
  return took < WANTED_MILLISECONDS ? Math.min(LARGEST_BATCH, limit * 2) : limit;
}
