/**
 * The order in which callers of a limit are served: tenants take turns, the one served longest ago first; of one
 * tenant's queues, the one that has waited longest.
 */

/** One queue of a tenant. */
export interface Waiter {
  readonly tenant: string;
  readonly queueId: string;
  /** When it was last granted something, in milliseconds since the epoch, as all times here; 0 for never. */
  readonly served: number;
  /** Since when it has been waiting; null if it is not. */
  readonly since: number | null;
  /** Until when it counts as waiting unless it asks again. */
  readonly until: number;
  /** Machines below which a grant is of no use. */
  readonly minimum: number;
}

/** A caller's position. */
export interface Rank {
  /** Calls of others that come first. */
  readonly ahead: number;
  /** Machines that those need at least. */
  readonly resources: number;
  /** Other tenants that were active a moment ago. */
  readonly others: number;
}

/** How long a served tenant is remembered, in milliseconds. */
const MEMORY = 60_000;
/** Beyond this, those served longest ago are dropped: it is their turn in any case. */
const MOST_WAITING = 256;
const MOST_SERVED = 32;

/** The caller's own entry, waiting from now on if it was not. */
export function waiterOf(
  all: readonly Waiter[],
  { tenant, queueId }: Pick<Waiter, "tenant" | "queueId">,
  now: number,
): Waiter {
  const known = all.find((each) => isOf(each, { tenant, queueId }));
  if (known === undefined)
    return { tenant, queueId, served: 0, since: now, until: now, minimum: 0 };
  return isWaiting(known, now) ? known : { ...known, since: now };
}

/** The entries with this one updated, and without those that have expired. */
export function withWaiter(all: readonly Waiter[], waiter: Waiter, now: number): readonly Waiter[] {
  const kept = all.filter((each) => !isOf(each, waiter) && isRemembered(each, now));
  kept.push(waiter);
  if (kept.length <= MOST_SERVED) return kept;
  const waiting = kept.filter((each) => isWaiting(each, now));
  const served = kept.filter((each) => !isWaiting(each, now));
  return [...waiting.slice(-MOST_WAITING), ...served.slice(-MOST_SERVED)];
}

/** The callers that come before this one. Each turn of its tenant gives every other tenant a turn. */
export function rankOf(all: readonly Waiter[], waiter: Waiter, now: number): Rank {
  const tenants = tenantsOf(all, waiter, now);
  const own = tenants.get(waiter.tenant);
  const before = (own?.waiting ?? []).filter((each) => isBefore(each, waiter)).toSorted(byWaiting);
  const turns = before.length;
  const leader = before[0] ?? waiter;
  const served = Math.max(waiter.served, own?.served ?? 0);
  tenants.delete(waiter.tenant);
  for (const other of tenants.values()) {
    const queues = other.waiting.toSorted(byWaiting);
    const [first] = queues;
    if (first === undefined) continue;
    const isFirst = other.served === served ? isBefore(first, leader) : other.served < served;
    before.push(...queues.slice(0, turns + (isFirst ? 1 : 0)));
  }
  return {
    ahead: before.length,
    resources: before.reduce((total, { minimum }) => total + minimum, 0),
    others: tenants.size,
  };
}

interface Tenant {
  /** When it was last served, in any queue. */
  served: number;
  readonly waiting: Waiter[];
}

/** The remembered entries by tenant, without this one. */
function tenantsOf(all: readonly Waiter[], waiter: Waiter, now: number): Map<string, Tenant> {
  const tenants = new Map<string, Tenant>();
  for (const each of all) {
    if (isOf(each, waiter) || !isRemembered(each, now)) continue;
    const tenant = tenants.get(each.tenant) ?? { served: 0, waiting: [] };
    tenant.served = Math.max(tenant.served, each.served);
    if (isWaiting(each, now)) tenant.waiting.push(each);
    tenants.set(each.tenant, tenant);
  }
  return tenants;
}

function isOf(one: Waiter, { tenant, queueId }: Pick<Waiter, "tenant" | "queueId">): boolean {
  return one.tenant === tenant && one.queueId === queueId;
}

function isWaiting({ since, until }: Waiter, now: number): boolean {
  return since !== null && until > now;
}

function isRemembered({ served, until }: Waiter, now: number): boolean {
  return until > now || served + MEMORY > now;
}

function isBefore(one: Waiter, other: Waiter): boolean {
  return byWaiting(one, other) < 0;
}

/** By waiting time; names decide between callers of the same moment. */
function byWaiting(one: Waiter, other: Waiter): number {
  const names = one.tenant + one.queueId < other.tenant + other.queueId ? -1 : 1;
  return (one.since ?? 0) - (other.since ?? 0) || names;
}
