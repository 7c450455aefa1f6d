import { memoize } from "../../async/memoize.ts";
import type { Connection } from "../../storage/connection.ts";
import type { Database } from "../../storage/database.ts";
import { text, toGeneration, toKey, toSealedValue, toStoredRecord } from "./sqlite-rows.ts";
import type { CatalogStore } from "./store.ts";
import { createTableStore } from "./table-store.ts";
import { NO_MACHINES } from "../tables.ts";
import type {
  CatalogReading,
  CatalogTransactions,
  CatalogWriting,
  LiveMachines,
  RecordId,
  RecordKey,
} from "../tables.ts";

/** Counts each connection's own catalog writes: SQLite's data_version only reflects writes of other connections. */
const writesOf = memoize((_database: Database) => ({ count: 0 }));

/** The machines of the ledger in the same database, read in the same transaction. */
type ReadMachines = (connection: Connection, id: RecordId) => LiveMachines;

/**
 * @param database opened with `CATALOG_MIGRATIONS` among its components
 * @param readMachines default: there is no ledger
 */
export function createSqliteStore(database: Database, readMachines?: ReadMachines): CatalogStore {
  return createTableStore(sqliteTransactions(database, readMachines));
}

/** The parameters are those of {@link createSqliteStore}. */
export function sqliteTransactions(
  database: Database,
  readMachines: ReadMachines = () => NO_MACHINES,
): CatalogTransactions {
  const own = writesOf(database);
  const sqliteTables = (connection: Connection): CatalogWriting => ({
    ...recordTables(connection),
    liveMachines: (id) => readMachines(connection, id),
  });
  return {
    read: (work) => database.read((connection) => work(sqliteTables(connection))),
    async write(work) {
      try {
        return await database.write((connection) => work(sqliteTables(connection)));
      } finally {
        own.count += 1;
      }
    },
    version: async () => `${own.count} ${await database.othersVersion()}`,
  };
}

function recordTables(connection: Connection): Omit<CatalogWriting, "liveMachines"> {
  return {
    find({ tenant, kind, name }) {
      const row = connection.get(
        "SELECT * FROM catalog_record WHERE tenant = ? AND kind = ? AND name = ?",
        tenant,
        kind,
        name,
      );
      return row === undefined ? null : toStoredRecord(row);
    },
    generation({ tenant, kind, name }) {
      const row = connection.get(
        "SELECT generation FROM catalog_record WHERE tenant = ? AND kind = ? AND name = ?",
        tenant,
        kind,
        name,
      );
      return row === undefined ? null : Number(row["generation"]);
    },
    has: ({ tenant, kind, name }) =>
      connection.get(
        "SELECT 1 FROM catalog_record WHERE tenant = ? AND kind = ? AND name = ?",
        tenant,
        kind,
        name,
      ) !== undefined,
    page: ({ tenant, kind, after, limit }) =>
      connection
        .all(
          "SELECT * FROM catalog_record WHERE tenant = ? AND kind = ? AND name > ? ORDER BY name LIMIT ?",
          tenant,
          kind,
          after,
          limit,
        )
        .map(toStoredRecord),
    history: ({ tenant, kind, name }) =>
      connection
        .all(
          "SELECT * FROM catalog_history WHERE tenant = ? AND kind = ? AND name = ? ORDER BY generation DESC",
          tenant,
          kind,
          name,
        )
        .map(toGeneration),
    referrers: ({ tenant, kind, name }, limit) =>
      connection
        .all(
          "SELECT kind, name FROM catalog_reference WHERE tenant = ? AND to_kind = ? AND to_name = ? ORDER BY kind, name LIMIT ?",
          tenant,
          kind,
          name,
          limit,
        )
        .map(toKey),
    ...writing(connection),
    ...sealedValues(connection),
  };
}

type SealedOnly = "findSealed" | "sealingKeys" | "sealedWith";

function sealedValues(connection: Connection): Pick<CatalogReading, SealedOnly> {
  return {
    findSealed(tenant, name) {
      const row = connection.get(
        "SELECT * FROM catalog_sealed_value WHERE tenant = ? AND kind = 'secret' AND name = ?",
        tenant,
        name,
      );
      return row === undefined ? null : toSealedValue(row);
    },
    sealingKeys: () =>
      connection
        .all("SELECT DISTINCT key_id FROM catalog_sealed_value")
        .map((row) => text(row["key_id"])),
    sealedWith: (keyIds, limit) =>
      connection
        .all(
          "SELECT * FROM catalog_sealed_value WHERE key_id IN (SELECT value FROM json_each(?)) LIMIT ?",
          JSON.stringify(keyIds),
          limit,
        )
        .map((row) => ({
          tenant: text(row["tenant"]),
          name: text(row["name"]),
          sealed: toSealedValue(row),
        })),
  };
}

type WritingOnly = "lastGeneration" | "put" | "remove" | "putSealed";

function writing(connection: Connection): Pick<CatalogWriting, WritingOnly> {
  return {
    lastGeneration({ tenant, kind, name }) {
      const row = connection.get(
        "SELECT max(generation) AS last FROM catalog_history WHERE tenant = ? AND kind = ? AND name = ?",
        tenant,
        kind,
        name,
      );
      return Number(row?.["last"] ?? 0);
    },
    put({ tenant, kind, name }, record, references) {
      const { generation, createdAt, updatedAt, updatedBy } = record;
      const fields = JSON.stringify(record.fields);
      connection.run(
        `INSERT INTO catalog_record (tenant, kind, name, generation, created_at, updated_at, updated_by, fields)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (tenant, kind, name) DO UPDATE SET generation = excluded.generation, created_at = excluded.created_at,
           updated_at = excluded.updated_at, updated_by = excluded.updated_by, fields = excluded.fields`,
        tenant,
        kind,
        name,
        generation,
        createdAt,
        updatedAt,
        updatedBy,
        fields,
      );
      insertHistory(connection, {
        tenant,
        kind,
        name,
        generation,
        at: updatedAt,
        by: updatedBy,
        fields,
      });
      connection.run(
        "DELETE FROM catalog_reference WHERE tenant = ? AND kind = ? AND name = ?",
        tenant,
        kind,
        name,
      );
      for (const reference of references)
        connection.run(
          "INSERT INTO catalog_reference (tenant, kind, name, to_kind, to_name) VALUES (?, ?, ?, ?, ?)",
          tenant,
          kind,
          name,
          reference.kind,
          reference.name,
        );
    },
    remove({ tenant, kind, name }, { generation, at, by }) {
      connection.run(
        "DELETE FROM catalog_record WHERE tenant = ? AND kind = ? AND name = ?",
        tenant,
        kind,
        name,
      );
      insertHistory(connection, { tenant, kind, name, generation, at, by, fields: null });
    },
    putSealed(tenant, name, { keyId, nonce, ciphertext }) {
      connection.run(
        `INSERT INTO catalog_sealed_value (tenant, kind, name, key_id, nonce, ciphertext) VALUES (?, 'secret', ?, ?, ?, ?)
         ON CONFLICT (tenant, kind, name) DO UPDATE SET key_id = excluded.key_id, nonce = excluded.nonce, ciphertext = excluded.ciphertext`,
        tenant,
        name,
        keyId,
        nonce,
        ciphertext,
      );
    },
  };
}

function insertHistory(
  connection: Connection,
  entry: RecordKey & {
    readonly tenant: string;
    readonly generation: number;
    readonly at: string;
    readonly by: string;
    readonly fields: string | null;
  },
): void {
  const { tenant, kind, name, generation, at, by, fields } = entry;
  connection.run(
    "INSERT INTO catalog_history (tenant, kind, name, generation, at, by, fields) VALUES (?, ?, ?, ?, ?, ?, ?)",
    tenant,
    kind,
    name,
    generation,
    at,
    by,
    fields,
  );
}

/** The catalog's tables, for `openDatabase`. */
export const CATALOG_MIGRATIONS: readonly string[] = [
  `CREATE TABLE catalog_record (
     tenant TEXT NOT NULL,
     kind TEXT NOT NULL,
     name TEXT NOT NULL,
     generation INTEGER NOT NULL,
     created_at TEXT NOT NULL,
     updated_at TEXT NOT NULL,
     updated_by TEXT NOT NULL,
     fields TEXT NOT NULL,
     PRIMARY KEY (tenant, kind, name)
   ) STRICT;
   -- Outlives the record: a name's generations go on after a deletion.
   CREATE TABLE catalog_history (
     tenant TEXT NOT NULL,
     kind TEXT NOT NULL,
     name TEXT NOT NULL,
     generation INTEGER NOT NULL,
     at TEXT NOT NULL,
     by TEXT NOT NULL,
     -- NULL: the deletion.
     fields TEXT,
     PRIMARY KEY (tenant, kind, name, generation)
   ) STRICT;
   CREATE TABLE catalog_reference (
     tenant TEXT NOT NULL,
     kind TEXT NOT NULL,
     name TEXT NOT NULL,
     to_kind TEXT NOT NULL,
     to_name TEXT NOT NULL,
     PRIMARY KEY (tenant, kind, name, to_kind, to_name),
     FOREIGN KEY (tenant, kind, name) REFERENCES catalog_record ON DELETE CASCADE,
     FOREIGN KEY (tenant, to_kind, to_name) REFERENCES catalog_record ON DELETE RESTRICT
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX catalog_referrer ON catalog_reference (tenant, to_kind, to_name);
   CREATE TABLE catalog_sealed_value (
     tenant TEXT NOT NULL,
     kind TEXT NOT NULL CHECK (kind = 'secret'),
     name TEXT NOT NULL,
     key_id TEXT NOT NULL,
     nonce BLOB NOT NULL,
     ciphertext BLOB NOT NULL,
     PRIMARY KEY (tenant, kind, name),
     FOREIGN KEY (tenant, kind, name) REFERENCES catalog_record ON DELETE CASCADE
   ) STRICT;
   CREATE INDEX catalog_sealing_key ON catalog_sealed_value (key_id);`,
];
