import { FULL_PACE } from "./backpressure.ts";
import { timeUntil } from "./buckets.ts";
import type { Bucket } from "./buckets.ts";
import type { RateLimit } from "./rates.ts";

/** Launches that are still to be made. */
export interface Backlog {
  readonly calls: number;
  readonly machines: number;
}

/** Milliseconds until the whole backlog may have been launched, if nothing else spends of these buckets. */
export function backlogTime(
  buckets: { readonly requests: Bucket; readonly resources: Bucket | null },
  { calls, machines }: Backlog,
  now: number,
): number {
  const { requests, resources } = buckets;
  return Math.max(
    timeUntil(requests, calls, now),
    resources === null ? 0 : timeUntil(resources, machines, now),
  );
}

/** The same for a limit of which nothing has been spent: the shortest time in which the provider allows it. */
export function shortestBacklogTime({ requests, resources }: RateLimit, backlog: Backlog): number {
  const full = { state: null, backpressure: FULL_PACE };
  const buckets = {
    requests: { ...full, rate: requests },
    resources: resources === null ? null : { ...full, rate: resources },
  };
  return backlogTime(buckets, backlog, 0);
}
