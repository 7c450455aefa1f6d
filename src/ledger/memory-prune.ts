import { memoizeFrozen } from "../async/memoize.ts";
import { toSnakeCase } from "../json/field-case.ts";
import type { LaunchPlan } from "../plan/plan.ts";
import { launchId } from "./launch-token.ts";
import { keyName } from "./memory.ts";
import type { Entry, Memory } from "./memory.ts";
import { NOTHING_PRUNED } from "./pruning.ts";
import type { PruneBatch, PruneCounts, PrunedBatch } from "./pruning.ts";
import { isFinished } from "./spawn-record.ts";

/** Plans of one text are one plan, as in the embedded database. */
const textOf = memoizeFrozen((plan: LaunchPlan) => JSON.stringify(toSnakeCase(plan)));

export function pruneMemory(memory: Memory, batch: PruneBatch): PrunedBatch {
  const { tenant, endedBefore, after, limit, dryRun } = batch;
  const ended = [...memory.entries.values()]
    .filter(({ record }) => record.spawn.tenant === tenant && hasEnded(record, endedBefore))
    .filter((entry) => after === null || isAfter(entry, after))
    .toSorted((one, other) => (isAfter(one, positionOf(other)) ? 1 : -1))
    .slice(0, limit);
  const prunable = ended.filter((entry) =>
    membersOf(memory, entry).every(({ record }) => hasEnded(record, endedBefore)),
  );
  const plansLeft = new Map(dryRun ? after?.plansLeft : []);
  const counts = { ...countsOf(memory, prunable), plans: countPlans(memory, prunable, plansLeft) };
  if (!dryRun) remove(memory, prunable);
  const last = ended.length < limit ? undefined : ended.at(-1);
  return { counts, next: last === undefined ? null : { ...positionOf(last), plansLeft } };
}

function hasEnded({ spawn }: Entry["record"], before: string): boolean {
  return isFinished(spawn.state) && spawn.updatedAt < before;
}

interface Position {
  readonly endedAt: string;
  readonly number: number;
}

function positionOf({ record, number }: Entry): Position {
  return { endedAt: record.spawn.updatedAt, number };
}

function isAfter(entry: Entry, { endedAt, number }: Position): boolean {
  const own = positionOf(entry);
  return own.endedAt === endedAt ? own.number > number : own.endedAt > endedAt;
}

/** All spawns that share a launch with this one. */
function membersOf({ launched }: Memory, { record }: Entry): readonly Entry[] {
  return record.launches.flatMap(({ token }) => launched.get(launchId(token)) ?? []);
}

function countsOf({ events }: Memory, entries: readonly Entry[]): PruneCounts {
  const keys = new Set(entries.map(({ record }) => keyName(record.spawn)));
  return {
    ...NOTHING_PRUNED,
    spawns: entries.length,
    attempts: entries.flatMap(({ record }) => record.launches).length,
    events: events.filter((event) => keys.has(keyName(event))).length,
    labels: entries.flatMap(({ record }) => Object.keys(record.spawn.labels)).length,
  };
}

/** The plans that nothing refers to without these spawns. */
function countPlans(
  { entries, targets }: Memory,
  without: readonly Entry[],
  plansLeft: Map<string, number>,
): number {
  const kept = new Set([...targets.values()].map(textOf));
  let plans = 0;
  for (const [text, members] of Map.groupBy(without, ({ plan }) => textOf(plan))) {
    const known = plansLeft.get(text);
    const all = known ?? [...entries.values()].filter(({ plan }) => textOf(plan) === text).length;
    plansLeft.set(text, all - members.length);
    if (all === members.length && !kept.has(text)) plans += 1;
  }
  return plans;
}

function remove(memory: Memory, entries: readonly Entry[]): void {
  const gone = new Set(entries);
  const keys = new Set(entries.map(({ record }) => keyName(record.spawn)));
  for (const entry of entries) {
    const { launches, lease } = entry.record;
    memory.last.prunedFence = Math.max(memory.last.prunedFence, lease.fence);
    memory.driven.delete(entry);
    for (const { token } of launches) {
      const id = launchId(token);
      memory.pruned.add(id);
      const others = (memory.launched.get(id) ?? []).filter((other) => !gone.has(other));
      if (others.length > 0) memory.launched.set(id, others);
      else memory.launched.delete(id);
    }
  }
  for (const key of keys) memory.entries.delete(key);
  memory.events = memory.events.filter((event) => !keys.has(keyName(event)));
}
