/** The terms and results of deleting finished spawns. */

/** The number of deleted rows; in a dry run, of those that would be deleted. */
export interface PruneCounts {
  readonly spawns: number;
  /** Launches of these spawns, one for each attempt. */
  readonly attempts: number;
  readonly events: number;
  readonly labels: number;
  /** Plans that nothing refers to any more. A plan that a sweep needs stays. */
  readonly plans: number;
}

/** Where a batch ended, in the order in which spawns ended. */
export interface PrunePosition {
  readonly endedAt: string;
  readonly number: number;
  /** In a dry run: how many spawns would still refer to each plan. */
  readonly plansLeft: ReadonlyMap<string, number>;
}

/** One batch of finished spawns, in the order in which they ended. */
export interface PruneBatch {
  readonly tenant: string;
  /** Only spawns that ended before this time; RFC 3339, in UTC. */
  readonly endedBefore: string;
  /** The end of the previous batch; null for the first one. */
  readonly after: PrunePosition | null;
  /** How many spawns to look at, at most. */
  readonly limit: number;
  /** Count only. */
  readonly dryRun: boolean;
}

export interface PrunedBatch {
  readonly counts: PruneCounts;
  /** Null after the last batch. */
  readonly next: PrunePosition | null;
}

export const NOTHING_PRUNED: PruneCounts = {
  spawns: 0,
  attempts: 0,
  events: 0,
  labels: 0,
  plans: 0,
};

export function addCounts(one: PruneCounts, other: PruneCounts): PruneCounts {
  return {
    spawns: one.spawns + other.spawns,
    attempts: one.attempts + other.attempts,
    events: one.events + other.events,
    labels: one.labels + other.labels,
    plans: one.plans + other.plans,
  };
}
