/**
 * The ledger's tables. Spawns that share a plan share one row of it, under the hash of its text: `plan_id` leaves out
 * when floating references were read, and a spawn has to keep that too. Unfinished spawns, and spawns with a worker,
 * have indexes of their own, so that a million finished spawns cost nothing. `input` is null for a spawn without any.
 *
 * Pruning deletes finished spawns with all their rows, and keeps the ids of their launches for good: a sweep that finds a
 * machine with one of these launches knows that this ledger issued it. `pruned` keeps the highest event and fence that
 * were in use, so that neither is used twice.
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
     worker TEXT,
     lease_until INTEGER NOT NULL,
     fence INTEGER NOT NULL,
     created_at TEXT NOT NULL,
     updated_at TEXT NOT NULL,
     UNIQUE (tenant, spawn_id)
   ) STRICT;
   CREATE INDEX spawns_by_workspace ON spawns (tenant, workspace);
   CREATE INDEX spawns_alive ON spawns (tenant, state) WHERE state NOT IN ('terminated', 'failed');
   CREATE INDEX spawns_by_worker ON spawns (worker) WHERE worker IS NOT NULL;
   CREATE TABLE launches (
     spawn INTEGER NOT NULL REFERENCES spawns (number),
     attempt INTEGER NOT NULL,
     candidate INTEGER NOT NULL,
     place TEXT NOT NULL,
     token TEXT NOT NULL,
     member INTEGER NOT NULL,
     at TEXT NOT NULL,
     outcome TEXT,
     reason TEXT,
     PRIMARY KEY (spawn, attempt)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX launches_by_token ON launches (token, member);
   CREATE TABLE events (
     sequence INTEGER PRIMARY KEY,
     spawn INTEGER NOT NULL REFERENCES spawns (number),
     at TEXT NOT NULL,
     state TEXT NOT NULL,
     message TEXT NOT NULL
   ) STRICT;
   CREATE INDEX events_by_spawn ON events (spawn);
   CREATE TABLE full_offerings (offering TEXT PRIMARY KEY, until INTEGER NOT NULL) STRICT, WITHOUT ROWID;
   CREATE TABLE targets (target TEXT PRIMARY KEY, plan_hash TEXT NOT NULL REFERENCES plans (hash)) STRICT, WITHOUT ROWID;
   CREATE TABLE suspects (
     scope TEXT NOT NULL,
     id TEXT NOT NULL,
     place TEXT NOT NULL,
     since INTEGER NOT NULL,
     PRIMARY KEY (scope, id)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE rates (
     scope TEXT NOT NULL,
     name TEXT NOT NULL,
     state TEXT NOT NULL,
     PRIMARY KEY (scope, name)
   ) STRICT, WITHOUT ROWID;`,
  "ALTER TABLE launches ADD COLUMN blast_radius TEXT;",
  `ALTER TABLE spawns ADD COLUMN input TEXT;
   CREATE TABLE labels (
     tenant TEXT NOT NULL,
     name TEXT NOT NULL,
     value TEXT NOT NULL,
     spawn INTEGER NOT NULL REFERENCES spawns (number),
     PRIMARY KEY (tenant, name, value, spawn)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX spawns_by_machine ON spawns (tenant, machine ->> 'id') WHERE machine IS NOT NULL;`,
  "ALTER TABLE launches ADD COLUMN machine_type TEXT;",
  // Without an index on the referring column, deleting a referenced row reads the whole table. Labels do not refer to
  // their spawns: such an index would cost each launch a page, and the spawns themselves say which labels they have.
  `CREATE INDEX spawns_ended ON spawns (tenant, updated_at) WHERE state IN ('terminated', 'failed');
   CREATE INDEX spawns_by_plan ON spawns (plan_hash);
   CREATE TABLE own_labels (
     tenant TEXT NOT NULL,
     name TEXT NOT NULL,
     value TEXT NOT NULL,
     spawn INTEGER NOT NULL,
     PRIMARY KEY (tenant, name, value, spawn)
   ) STRICT, WITHOUT ROWID;
   INSERT INTO own_labels SELECT tenant, name, value, spawn FROM labels;
   DROP TABLE labels;
   ALTER TABLE own_labels RENAME TO labels;
   CREATE TABLE pruned_launches (launch TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
   CREATE TABLE pruned (
     only INTEGER PRIMARY KEY CHECK (only = 1),
     last_event INTEGER NOT NULL,
     last_fence INTEGER NOT NULL
   ) STRICT;
   INSERT INTO pruned (only, last_event, last_fence) VALUES (1, 0, 0);`,
];
