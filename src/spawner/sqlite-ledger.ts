import { createHash, randomUUID } from "node:crypto";
import { parsePlan } from "../plan-document.ts";
import type { LaunchPlan } from "../plan.ts";
import { toSnakeCase } from "../spelling.ts";
import type { Connection, SqlRow } from "../storage/connection.ts";
import type { Database } from "../storage/database.ts";
import type { DrivenSpawn, Ledger, NewSpawn, SpawnFilter, SpawnKey, Transition } from "./ledger.ts";
import { statesBefore } from "./ledger.ts";
import { isSettled, SPAWN_STATES } from "./spawn-record.ts";
import type { Spawn, SpawnEvent, SpawnState } from "./spawn-record.ts";
import { damaged, number, parseEventRow, parseSpawnRow, stateOf, text } from "./ledger-rows.ts";

/**
 * A plan is kept once for all the spawns that share it, under the hash of its text: its `plan_id` leaves out when
 * floating references were read, and a spawn has to say that too.
 */
export const LEDGER_MIGRATIONS: readonly string[] = [
  `CREATE TABLE ledger (only INTEGER PRIMARY KEY CHECK (only = 1), owner TEXT NOT NULL) STRICT;
   CREATE TABLE plans (hash TEXT PRIMARY KEY, plan TEXT NOT NULL) STRICT;
   CREATE TABLE spawns (
     number INTEGER PRIMARY KEY,
     tenant TEXT NOT NULL,
     spawn_id TEXT NOT NULL,
     workspace TEXT NOT NULL,
     state TEXT NOT NULL,
     plan_id TEXT NOT NULL,
     plan_hash TEXT NOT NULL REFERENCES plans (hash),
     substrate TEXT NOT NULL,
     machine TEXT,
     error TEXT,
     created_at TEXT NOT NULL,
     updated_at TEXT NOT NULL,
     UNIQUE (tenant, spawn_id)
   ) STRICT;
   CREATE INDEX spawns_by_workspace ON spawns (tenant, workspace);
   CREATE INDEX spawns_by_state ON spawns (tenant, state);
   CREATE TABLE attempts (
     spawn INTEGER NOT NULL REFERENCES spawns (number),
     attempt INTEGER NOT NULL,
     place TEXT NOT NULL,
     token TEXT NOT NULL,
     outcome TEXT,
     reason TEXT,
     PRIMARY KEY (spawn, attempt)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX attempts_by_token ON attempts (token);
   CREATE TABLE events (
     sequence INTEGER PRIMARY KEY AUTOINCREMENT,
     spawn INTEGER NOT NULL REFERENCES spawns (number),
     at TEXT NOT NULL,
     state TEXT NOT NULL,
     message TEXT NOT NULL
   ) STRICT;
   CREATE INDEX events_by_spawn ON events (spawn, sequence);`,
];

/** The ledger in the embedded database. */
export function createSqliteLedger(database: Database): Ledger {
  let owner: string | null = null;
  return {
    async owner() {
      owner ??= await database.read(readOwner);
      owner ??= await database.write(writeOwner);
      return owner;
    },
    find: (key) => database.read((connection) => findDriven(connection, key)),
    begin: (spawn) => database.write((connection) => begin(connection, spawn)),
    transition: (step) => database.write((connection) => transition(connection, step)),
    describe: (key) =>
      database.read((connection) => {
        const row = findRow(connection, key);
        if (row === undefined) return null;
        return {
          ...spawnOf(connection, row),
          plan: readPlan(connection, row),
          events: connection
            .all("SELECT * FROM events WHERE spawn = ? ORDER BY sequence", number(row, "number"))
            .map((event) => ({
              at: text(event, "at"),
              state: stateOf(event["state"]),
              message: text(event, "message"),
            })),
        };
      }),
    list: (tenant, filter) => database.read((connection) => list(connection, tenant, filter)),
    events: (tenant, after, spawnIds) =>
      database.read((connection) => events(connection, tenant, after, spawnIds)),
    countUnsettled: (tenant, spawnIds) =>
      database.read((connection) =>
        number(
          connection.get(
            `SELECT count(*) AS unsettled FROM spawns
             WHERE tenant = ? AND state NOT IN (SELECT value FROM json_each(?))
               AND (? = 0 OR spawn_id IN (SELECT value FROM json_each(?)))`,
            tenant,
            JSON.stringify(SPAWN_STATES.filter(isSettled)),
            spawnIds.length,
            JSON.stringify(spawnIds),
          ),
          "unsettled",
        ),
      ),
    close: () => database.close(),
  };
}

function readOwner(connection: Connection): string | null {
  const row = connection.get("SELECT owner FROM ledger");
  return row === undefined ? null : text(row, "owner");
}

/** Another process may have been quicker: whoever writes first names the ledger for all. */
function writeOwner(connection: Connection): string {
  const existing = readOwner(connection);
  if (existing !== null) return existing;
  const owner = randomUUID();
  connection.run("INSERT INTO ledger (only, owner) VALUES (1, ?)", owner);
  return owner;
}

function begin(connection: Connection, spawn: NewSpawn): { created: boolean; driven: DrivenSpawn } {
  const existing = findDriven(connection, spawn);
  if (existing !== null) return { created: false, driven: existing };
  const { tenant, spawnId, plan, launch, at } = spawn;
  const planText = JSON.stringify(toSnakeCase(plan));
  const hash = createHash("sha256").update(planText).digest("hex");
  connection.run("INSERT OR IGNORE INTO plans (hash, plan) VALUES (?, ?)", hash, planText);
  connection.run(
    `INSERT INTO spawns (tenant, spawn_id, workspace, state, plan_id, plan_hash, substrate, created_at, updated_at)
     VALUES (?, ?, ?, 'launching', ?, ?, ?, ?, ?)`,
    tenant,
    spawnId,
    plan.workspace,
    plan.planId,
    hash,
    plan.substrate,
    at,
    at,
  );
  const row = requireRow(connection, spawn);
  connection.run(
    "INSERT INTO attempts (spawn, attempt, place, token) VALUES (?, 1, ?, ?)",
    number(row, "number"),
    launch.place,
    launch.token,
  );
  addEvent(connection, row, { at, state: "pending", message: `plan ${plan.planId} recorded` });
  addEvent(connection, row, { at, state: "launching", message: `launch 1 in ${launch.place}` });
  return { created: true, driven: { spawn: spawnOf(connection, row), plan, launch } };
}

function transition(connection: Connection, step: Transition): Spawn | null {
  const row = requireRow(connection, step);
  const { to, at, message, machine, error, attempt } = step;
  if (!statesBefore(to).includes(stateOf(row["state"]))) return null;
  connection.run(
    `UPDATE spawns SET state = ?, updated_at = ?, machine = coalesce(?, machine), error = coalesce(?, error)
     WHERE number = ?`,
    to,
    at,
    machine === undefined ? null : JSON.stringify(toSnakeCase(machine)),
    error === undefined ? null : JSON.stringify(error),
    number(row, "number"),
  );
  if (attempt !== undefined) {
    connection.run(
      "UPDATE attempts SET outcome = ?, reason = ? WHERE spawn = ? AND token = ?",
      attempt.outcome,
      attempt.reason,
      number(row, "number"),
      attempt.token,
    );
  }
  addEvent(connection, row, { at, state: to, message });
  return spawnOf(connection, requireRow(connection, step));
}

function list(connection: Connection, tenant: string, filter: SpawnFilter): readonly Spawn[] {
  return connection
    .all(
      `SELECT * FROM spawns WHERE tenant = ? AND workspace = coalesce(?, workspace)
       AND state = coalesce(?, state) ORDER BY number DESC`,
      tenant,
      filter.workspace ?? null,
      filter.state ?? null,
    )
    .map((row) => spawnOf(connection, row));
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

function findRow(connection: Connection, key: SpawnKey): SqlRow | undefined {
  return connection.get(
    "SELECT * FROM spawns WHERE tenant = ? AND spawn_id = ?",
    key.tenant,
    key.spawnId,
  );
}

function requireRow(connection: Connection, key: SpawnKey): SqlRow {
  const row = findRow(connection, key);
  if (row === undefined) throw damaged(`spawn ${key.spawnId} is missing`);
  return row;
}

function findDriven(connection: Connection, key: SpawnKey): DrivenSpawn | null {
  const row = findRow(connection, key);
  if (row === undefined) return null;
  const spawn = spawnOf(connection, row);
  const last = spawn.attempts.at(-1);
  if (last === undefined) throw damaged(`spawn ${key.spawnId} has no launch`);
  return {
    spawn,
    plan: readPlan(connection, row),
    launch: { token: last.token, place: last.place },
  };
}

function readPlan(connection: Connection, row: SqlRow): LaunchPlan {
  const stored = connection.get("SELECT plan FROM plans WHERE hash = ?", text(row, "plan_hash"));
  return parsePlan(JSON.parse(text(stored, "plan")));
}

function spawnOf(connection: Connection, row: SqlRow): Spawn {
  const attempts = connection.all(
    "SELECT * FROM attempts WHERE spawn = ? ORDER BY attempt",
    number(row, "number"),
  );
  return parseSpawnRow(row, attempts);
}

function addEvent(
  connection: Connection,
  row: SqlRow,
  event: { readonly at: string; readonly state: SpawnState; readonly message: string },
): void {
  connection.run(
    "INSERT INTO events (spawn, at, state, message) VALUES (?, ?, ?, ?)",
    number(row, "number"),
    event.at,
    event.state,
    event.message,
  );
}
