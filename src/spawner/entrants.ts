/**
 * Who comes to a limit, and in which order they are served: tenants by turns, the one that was served longest ago first;
 * of one tenant's lines, the one that has waited longest.
 */

/** One line of a tenant. */
export interface Entrant {
  readonly tenant: string;
  readonly line: string;
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
/** A crowd beyond this is forgotten from its oldest on: it is served all the same. */
const MOST = 256;

/** The asker's own entry, waiting from now on if it did not. */
export function entryOf(
  all: readonly Entrant[],
  { tenant, line }: Pick<Entrant, "tenant" | "line">,
  now: number,
): Entrant {
  const known = all.find((each) => isOf(each, { tenant, line }));
  if (known === undefined) return { tenant, line, served: 0, since: now, until: now, minimum: 0 };
  return isWaiting(known, now) ? known : { ...known, since: now };
}

/** All with this one as it is now, without those who are forgotten. */
export function entrants(all: readonly Entrant[], entry: Entrant, now: number): readonly Entrant[] {
  const kept = all.filter(
    (each) => !isOf(each, entry) && (each.until > now || each.served + MEMORY > now),
  );
  return [...kept, entry].slice(-MOST);
}

/** The others who come before an entry. Each of its tenant's turns lets every other tenant have one. */
export function rankOf(all: readonly Entrant[], entry: Entrant, now: number): Rank {
  const waiting = all.filter((each) => isWaiting(each, now) && !isOf(each, entry));
  const own = waiting.filter(({ tenant }) => tenant === entry.tenant);
  const first = own.filter((each) => isBefore(each, entry));
  const before = [...first];
  const served = servedOf(all, entry.tenant);
  const tenants = new Set(all.map(({ tenant }) => tenant));
  tenants.delete(entry.tenant);
  for (const tenant of tenants) {
    const lines = waiting.filter((each) => each.tenant === tenant).toSorted(byWaiting);
    const leader = lines[0];
    if (leader === undefined) continue;
    const earlier =
      servedOf(all, tenant) - served || (isBefore(leader, first[0] ?? entry) ? -1 : 1);
    before.push(...lines.slice(0, first.length + (earlier < 0 ? 1 : 0)));
  }
  return {
    ahead: before.length,
    resources: before.reduce((total, { minimum }) => total + minimum, 0),
    others: tenants.size,
  };
}

function isOf(one: Entrant, { tenant, line }: Pick<Entrant, "tenant" | "line">): boolean {
  return one.tenant === tenant && one.line === line;
}

function isWaiting({ since, until }: Entrant, now: number): boolean {
  return since !== null && until > now;
}

/** When the tenant was last served, in whichever line. */
function servedOf(all: readonly Entrant[], tenant: string): number {
  return all.reduce(
    (last, each) => (each.tenant === tenant ? Math.max(last, each.served) : last),
    0,
  );
}

function isBefore(one: Entrant, other: Entrant): boolean {
  return byWaiting(one, other) < 0;
}

/** By how long they wait; names settle what came at once. */
function byWaiting(one: Entrant, other: Entrant): number {
  const names = one.tenant + one.line < other.tenant + other.line ? -1 : 1;
  return (one.since ?? 0) - (other.since ?? 0) || names;
}
