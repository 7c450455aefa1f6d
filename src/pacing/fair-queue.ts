/**
 * Who comes to a limit, and in which order they are served: tenants by turns, the one that was served longest ago first;
 * of one tenant's lines, the one that has waited longest.
 */

/** One line of a tenant. */
export interface Waiter {
  readonly tenant: string;
  readonly queueId: string;
  /** When it was last granted anything; 0 for never. Milliseconds since the epoch, as all times here. */
  readonly served: number;
  /** Since when it waits; null where it does not. */
  readonly since: number | null;
  /** Until when it counts as waiting, unless it looks again. */
  readonly until: number;
  /** Machines without which its call is no use. */
  readonly minimum: number;
}

/** Where somebody stands. */
export interface Rank {
  /** How many calls of others come first. */
  readonly ahead: number;
  /** Machines that those need at the least. */
  readonly resources: number;
  /** Other tenants who were seen a moment ago. */
  readonly others: number;
}

/** How long who was served is remembered, in milliseconds. */
const MEMORY = 60_000;
/** A crowd beyond this is forgotten, those first who were served longest ago: it is their turn all the same. */
const MOST_WAITING = 256;
const MOST_SERVED = 32;

/** The asker's own entry, waiting from now on if it did not. */
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

/** All with this one as it is now, without those who are forgotten. */
export function withWaiter(all: readonly Waiter[], waiter: Waiter, now: number): readonly Waiter[] {
  const kept = all.filter((each) => !isOf(each, waiter) && isRemembered(each, now));
  kept.push(waiter);
  if (kept.length <= MOST_SERVED) return kept;
  const waiting = kept.filter((each) => isWaiting(each, now));
  const served = kept.filter((each) => !isWaiting(each, now));
  return [...waiting.slice(-MOST_WAITING), ...served.slice(-MOST_SERVED)];
}

/** The others who come before an entry. Each of its tenant's turns lets every other tenant have one. */
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
  /** When it was last served, in whichever line. */
  served: number;
  readonly waiting: Waiter[];
}

/** Who is remembered, by tenant, without the entry itself. */
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

/** By how long they wait; names settle what came at once. */
function byWaiting(one: Waiter, other: Waiter): number {
  const names = one.tenant + one.queueId < other.tenant + other.queueId ? -1 : 1;
  return (one.since ?? 0) - (other.since ?? 0) || names;
}
