import type { Connection } from "../storage/connection.ts";
import { number, text } from "./ledger-rows.ts";
import { NOTHING_PRUNED } from "./pruning.ts";
import type { PruneBatch, PruneCounts, PrunedBatch, PrunePosition } from "./pruning.ts";

/** Deleting finished spawns from the embedded database. */

interface EndedSpawn {
  readonly number: number;
  readonly planHash: string;
  readonly fence: number;
  readonly endedAt: string;
}

export function pruneBatch(connection: Connection, batch: PruneBatch): PrunedBatch {
  const ended = endedSpawns(connection, batch);
  const shared = spawnsOfSharedLaunches(connection, ended, batch.endedBefore);
  const prunable = ended.filter((spawn) => !shared.has(spawn.number));
  const plansLeft = new Map(batch.after?.plansLeft);
  const counts = batch.dryRun
    ? countRows(connection, prunable, plansLeft)
    : deleteRows(connection, prunable);
  return { counts, next: positionAfter(ended, batch.limit, plansLeft) };
}

/** Whether a spawn that was pruned had this launch. */
export function isPruned(connection: Connection, launchId: string): boolean {
  return connection.get("SELECT 1 FROM pruned_launches WHERE launch = ?", launchId) !== undefined;
}

/** The highest fence that a pruned spawn had. */
export function lastPrunedFence(connection: Connection): number {
  return number(connection.get("SELECT last_fence FROM pruned"), "last_fence");
}

/** The state of a finished spawn never changes again, so `updated_at` is when it ended. */
function endedSpawns(
  connection: Connection,
  { tenant, endedBefore, after, limit }: PruneBatch,
): readonly EndedSpawn[] {
  return connection
    .all(
      `SELECT number, plan_hash, fence, updated_at FROM spawns
       WHERE tenant = ? AND state IN ('terminated', 'failed') AND updated_at < ?
         AND (updated_at, number) > (?, ?)
       ORDER BY updated_at, number LIMIT ?`,
      tenant,
      endedBefore,
      after?.endedAt ?? "",
      after?.number ?? 0,
      limit,
    )
    .map((row) => ({
      number: number(row, "number"),
      planHash: text(row, "plan_hash"),
      fence: number(row, "fence"),
      endedAt: text(row, "updated_at"),
    }));
}

/**
 * Those of the spawns that share a launch with a spawn that stays: a launch is repeated with all of its members. Each
 * launch is read once, because a thousand spawns may share it.
 */
function spawnsOfSharedLaunches(
  connection: Connection,
  spawns: readonly EndedSpawn[],
  endedBefore: string,
): ReadonlySet<number> {
  const rows = connection.all(
    `WITH own AS (
       SELECT spawn, token FROM launches WHERE spawn IN (SELECT value FROM json_each(?))
     )
     SELECT DISTINCT spawn FROM own WHERE token IN (
       SELECT token FROM (SELECT DISTINCT token FROM own) AS launch WHERE EXISTS (
         SELECT 1 FROM launches AS member JOIN spawns ON spawns.number = member.spawn
         WHERE member.token = launch.token
           AND (spawns.state NOT IN ('terminated', 'failed') OR spawns.updated_at >= ?)
       )
     )`,
    numbersOf(spawns),
    endedBefore,
  );
  return new Set(rows.map((row) => number(row, "spawn")));
}

function deleteRows(connection: Connection, spawns: readonly EndedSpawn[]): PruneCounts {
  if (spawns.length === 0) return NOTHING_PRUNED;
  const numbers = numbersOf(spawns);
  const those = "spawn IN (SELECT value FROM json_each(?))";
  connection.run(
    `INSERT OR IGNORE INTO pruned_launches
     SELECT substr(token, 1, 32) FROM launches WHERE ${those}`,
    numbers,
  );
  connection.run(
    `UPDATE pruned SET last_fence = max(last_fence, ?),
       last_event = max(last_event, (SELECT ifnull(max(sequence), 0) FROM events))`,
    Math.max(...spawns.map(({ fence }) => fence)),
  );
  const events = connection.run(`DELETE FROM events WHERE ${those}`, numbers);
  const labels = connection.run(
    `DELETE FROM labels WHERE (tenant, name, value, spawn) IN (${LABELS_OF})`,
    numbers,
  );
  const attempts = connection.run(`DELETE FROM launches WHERE ${those}`, numbers);
  connection.run("DELETE FROM spawns WHERE number IN (SELECT value FROM json_each(?))", numbers);
  const plans = connection.run(
    `DELETE FROM plans WHERE hash IN (SELECT value FROM json_each(?))
       AND NOT EXISTS (SELECT 1 FROM spawns WHERE plan_hash = hash)
       AND NOT EXISTS (SELECT 1 FROM targets WHERE plan_hash = hash)`,
    JSON.stringify([...new Set(spawns.map(({ planHash }) => planHash))]),
  );
  return { spawns: spawns.length, attempts, events, labels, plans };
}

/** The rows of the labels of these spawns. */
const LABELS_OF = `SELECT spawns.tenant, json_each.key, json_each.value, spawns.number
  FROM spawns, json_each(spawns.input, '$.labels')
  WHERE spawns.number IN (SELECT value FROM json_each(?))`;

/** @param plansLeft gets the plans of these spawns, with the number of other spawns that refer to them */
function countRows(
  connection: Connection,
  spawns: readonly EndedSpawn[],
  plansLeft: Map<string, number>,
): PruneCounts {
  const numbers = numbersOf(spawns);
  const count = (from: string): number =>
    number(connection.get(`SELECT count(*) AS rows FROM ${from}`, numbers), "rows");
  const countOf = (table: "events" | "launches"): number =>
    count(`${table} WHERE spawn IN (SELECT value FROM json_each(?))`);
  const byPlan = Map.groupBy(spawns, ({ planHash }) => planHash);
  let plans = 0;
  for (const [hash, members] of byPlan) {
    const left = (plansLeft.get(hash) ?? spawnsOfPlan(connection, hash)) - members.length;
    if (left > 0) plansLeft.set(hash, left);
    else {
      plansLeft.delete(hash);
      const kept = connection.get("SELECT 1 FROM targets WHERE plan_hash = ?", hash);
      if (kept === undefined) plans += 1;
    }
  }
  return {
    spawns: spawns.length,
    attempts: countOf("launches"),
    events: countOf("events"),
    labels: count(`(${LABELS_OF})`),
    plans,
  };
}

function spawnsOfPlan(connection: Connection, hash: string): number {
  const row = connection.get("SELECT count(*) AS spawns FROM spawns WHERE plan_hash = ?", hash);
  return number(row, "spawns");
}

function positionAfter(
  ended: readonly EndedSpawn[],
  limit: number,
  plansLeft: ReadonlyMap<string, number>,
): PrunePosition | null {
  const last = ended.at(-1);
  if (last === undefined || ended.length < limit) return null;
  return { endedAt: last.endedAt, number: last.number, plansLeft };
}

function numbersOf(spawns: readonly EndedSpawn[]): string {
  return JSON.stringify(spawns.map((spawn) => spawn.number));
}
