import { randomUUID } from "node:crypto";
import { memoizeAsync } from "../async/memoize.ts";
import type { Connection } from "../storage/connection.ts";
import type { Database } from "../storage/database.ts";
import type { Begun, Ledger, SpawnFilter, SpawnKey } from "./ledger.ts";
import { leaseOf, number, parseEventRow, stateOf, text } from "./ledger-rows.ts";
import { mayBeLost, SHORT_ID } from "./ledger-steps.ts";
import { isSettled, SPAWN_STATES } from "./spawn-record.ts";
import type { Spawn, SpawnDescription, SpawnEvent } from "./spawn-record.ts";
import { sqliteRates } from "./sqlite-rates.ts";
import { judge, suspect, suspects, targets } from "./sqlite-claims.ts";
import type { PruneBatch, PrunedBatch } from "./pruning.ts";
import { isPruned, pruneBatch } from "./sqlite-prune.ts";
import { launchId } from "./launch-token.ts";
import {
  beginSpawns,
  claimSpawn,
  findDrivenSpawn,
  findSpawnRow,
  membersOf,
  readPlan,
  recordOf,
  takeSteps,
} from "./sqlite-spawns.ts";

const NOT_YET = { created: false, existing: null } as const;

/** The ledger in the embedded database. */
export function createSqliteLedger(database: Database): Ledger {
  const { noteSpent, decide, ...rates } = sqliteRates(database);
  const owner = memoizeAsync(
    async () => (await database.read(readOwner)) ?? (await database.write(writeOwner)),
  );
  return {
    owner,
    find: (key) => database.read((connection) => findDrivenSpawn(connection, key)),
    begin: (spawns, spending) =>
      database.write((connection): Begun => {
        if (typeof spending !== "function") {
          const begun = beginSpawns(connection, spawns);
          if (begun.created && spending !== null) noteSpent(connection, spending);
          return begun;
        }
        const request = spending();
        if (request === null) return NOT_YET;
        const { answer, keep } = decide(connection, request);
        if (!answer.granted) return NOT_YET;
        const begun = beginSpawns(connection, spawns);
        if (!begun.created) return begun;
        keep();
        return { ...begun, admittedAt: request.now };
      }),
    take(steps, spent) {
      const work = (connection: Connection) => {
        const taken = takeSteps(connection, steps);
        if (taken !== null && spent !== null) noteSpent(connection, spent);
        return taken;
      };
      const isLight = spent === null && steps.every(mayBeLost);
      return isLight ? database.writeLightly(work) : database.write(work);
    },
    members: (token) => database.read((connection) => membersOf(connection, token)),
    claim: (claimed) => database.write((connection) => claimSpawn(connection, claimed)),
    renew: (worker, until) =>
      database.write((connection) => {
        connection.run("UPDATE spawns SET lease_until = ? WHERE worker = ?", until, worker);
      }),
    release: ({ tenant, spawnId }, fence) =>
      database.write((connection) => {
        connection.run(
          "UPDATE spawns SET worker = NULL WHERE tenant = ? AND spawn_id = ? AND fence = ?",
          tenant,
          spawnId,
          fence,
        );
      }),
    unfinished: (tenant) => database.read((connection) => unfinished(connection, tenant)),
    fullOfferings: (offerings, now) =>
      database.readLightly((connection) => fullOfferings(connection, offerings, now)),
    describe: (key) => database.read((connection) => describe(connection, key)),
    findByMachine: (tenant, machineId) =>
      database.read((connection) => findByMachine(connection, tenant, machineId)),
    list: (tenant, filter) => database.read((connection) => list(connection, tenant, filter)),
    snapshot: (tenant, filter) =>
      database.read((connection) => ({
        spawns: list(connection, tenant, filter),
        sequence: sequenceBefore(connection, null),
      })),
    events: (tenant, after, spawnIds) =>
      database.read((connection) => events(connection, tenant, after, spawnIds)),
    sequenceBefore: (at) => database.read((connection) => sequenceBefore(connection, at)),
    countUnsettled: (tenant, spawnIds) =>
      database.read((connection) => countUnsettled(connection, tenant, spawnIds)),
    targets: () => database.read(targets),
    judge: (machines) => database.read((connection) => judge(connection, machines)),
    suspect: (scope, machines, now) =>
      database.write((connection) => suspect(connection, scope, machines, now)),
    suspects: (scope) => database.read((connection) => suspects(connection, scope)),
    prune: (batch) => prune(database, batch),
    isPruned: (token) =>
      database.readLightly((connection) => isPruned(connection, launchId(token))),
    ...rates,
    close: () => database.close(),
  };
}

async function prune(database: Database, batch: PruneBatch): Promise<PrunedBatch> {
  if (batch.dryRun) return await database.read((connection) => pruneBatch(connection, batch));
  const pruned = await database.write((connection) => pruneBatch(connection, batch));
  await database.checkpoint();
  return pruned;
}

function readOwner(connection: Connection): string | null {
  const row = connection.get("SELECT owner FROM ledger");
  return row === undefined ? null : text(row, "owner");
}

/** Another process may have been faster: the first to write names the ledger for all. */
function writeOwner(connection: Connection): string {
  const existing = readOwner(connection);
  if (existing !== null) return existing;
  const owner = randomUUID();
  connection.run("INSERT INTO ledger (only, owner) VALUES (1, ?)", owner);
  return owner;
}

function describe(connection: Connection, key: SpawnKey): SpawnDescription | null {
  const row = findSpawnRow(connection, key);
  if (row === undefined) return null;
  return {
    ...recordOf(connection, row).spawn,
    plan: readPlan(connection, text(row, "plan_hash")),
    events: connection
      .all("SELECT * FROM events WHERE spawn = ? ORDER BY sequence", number(row, "number"))
      .map((event) => ({
        at: text(event, "at"),
        state: stateOf(event["state"]),
        message: text(event, "message"),
      })),
  };
}

function countUnsettled(
  connection: Connection,
  tenant: string,
  spawnIds: readonly string[],
): number {
  const row = connection.get(
    `SELECT count(*) AS unsettled FROM spawns
     WHERE tenant = ? AND state NOT IN (SELECT value FROM json_each(?))
       AND (? = 0 OR spawn_id IN (SELECT value FROM json_each(?)))`,
    tenant,
    JSON.stringify(SPAWN_STATES.filter(isSettled)),
    spawnIds.length,
    JSON.stringify(spawnIds),
  );
  return number(row, "unsettled");
}

function list(connection: Connection, tenant: string, filter: SpawnFilter): readonly Spawn[] {
  const { workspace, state, states, live = false, since, labels = {}, limit } = filter;
  const pairs = Object.entries(labels);
  // A plus keeps SQLite from using an index: it would read all of the tenant's or the workspace's spawns rather than those
  // with a label, the live ones, or the newest few.
  const isNewest = limit !== undefined && workspace === undefined && !live;
  const conditions = [
    `${pairs.length > 0 || isNewest ? "+" : ""}tenant = ?`,
    ...(workspace === undefined ? [] : [`${live ? "+" : ""}workspace = ?`]),
    // As in the index of unfinished spawns, which is used only by the same words.
    ...(live ? ["state NOT IN ('terminated', 'failed')"] : []),
    ...(state === undefined ? [] : ["state = ?"]),
    ...(states === undefined ? [] : ["state IN (SELECT value FROM json_each(?))"]),
    ...(since === undefined ? [] : ["created_at >= ?"]),
    ...pairs.map(() => HAS_LABEL),
  ];
  return connection
    .all(
      `SELECT * FROM spawns WHERE ${conditions.join(" AND ")} ORDER BY number DESC LIMIT ?`,
      tenant,
      ...[workspace ?? [], state ?? [], states === undefined ? [] : JSON.stringify(states)].flat(),
      ...[since ?? []].flat(),
      ...pairs.flatMap(([name, value]) => [tenant, name, value]),
      limit ?? -1,
    )
    .map((row) => recordOf(connection, row).spawn);
}

const HAS_LABEL =
  "number IN (SELECT spawn FROM labels WHERE tenant = ? AND name = ? AND value = ?)";

function findByMachine(connection: Connection, tenant: string, machineId: string): Spawn | null {
  // `g` sorts after every hexadecimal digit.
  const last = SHORT_ID.test(machineId) ? `${machineId}g` : machineId;
  const row = connection.get(
    `SELECT * FROM spawns WHERE machine IS NOT NULL AND tenant = ?
       AND machine ->> 'id' >= ? AND machine ->> 'id' <= ? ORDER BY number DESC LIMIT 1`,
    tenant,
    machineId,
    last,
  );
  return row === undefined ? null : recordOf(connection, row).spawn;
}

function events(
  connection: Connection,
  tenant: string,
  after: number,
  spawnIds: readonly string[],
): readonly SpawnEvent[] {
  return connection
    .all(
      `SELECT events.*, spawns.spawn_id FROM events JOIN spawns ON spawns.number = events.spawn
       WHERE events.sequence > ? AND spawns.tenant = ?
         AND (? = 0 OR spawns.spawn_id IN (SELECT value FROM json_each(?)))
       ORDER BY events.sequence`,
      after,
      tenant,
      spawnIds.length,
      JSON.stringify(spawnIds),
    )
    .map(parseEventRow);
}

/** Reads backwards, because the time is usually a recent one. */
function sequenceBefore(connection: Connection, at: string | null): number {
  const row = connection.get(
    "SELECT sequence FROM events WHERE ? IS NULL OR at < ? ORDER BY sequence DESC LIMIT 1",
    at,
    at,
  );
  return row === undefined ? 0 : number(row, "sequence");
}

function unfinished(connection: Connection, tenant: string) {
  return connection
    .all(
      `SELECT * FROM spawns WHERE tenant = ? AND state NOT IN ('terminated', 'failed')
         AND state IN ('pending', 'launching', 'booting', 'terminating')
       ORDER BY number`,
      tenant,
    )
    .map((row) => ({ tenant, spawnId: text(row, "spawn_id"), lease: leaseOf(row) }));
}

function fullOfferings(
  connection: Connection,
  offerings: readonly string[],
  now: number,
): ReadonlySet<string> {
  const sql = "SELECT 1 FROM full_offerings WHERE offering = ? AND until > ?";
  return new Set(offerings.filter((offering) => connection.get(sql, offering, now) !== undefined));
}
