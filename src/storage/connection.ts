import type { DatabaseSync, StatementSync } from "node:sqlite";
import type * as NodeSqlite from "node:sqlite";

/** SQL statements inside one transaction, on a connection that caches prepared statements. */

export type SqlParameter = null | number | bigint | string | Uint8Array;
export type SqlValue = null | number | bigint | string | Uint8Array;
export type SqlRow = { readonly [column: string]: SqlValue };

/** A connection inside a transaction. It must not be used after the transaction. */
export interface Connection {
  /** Runs a statement; returns the number of changed rows. */
  run(sql: string, ...parameters: readonly SqlParameter[]): number;
  /** Inserts one row; returns its row id. `RETURNING` would make the statement twice as expensive. */
  insert(sql: string, ...parameters: readonly SqlParameter[]): number;
  /** The first row, or undefined. */
  get(sql: string, ...parameters: readonly SqlParameter[]): SqlRow | undefined;
  all(sql: string, ...parameters: readonly SqlParameter[]): readonly SqlRow[];
}

/** SQL in Slipway is constant text with parameters, so the source bounds the cache. */
export function createConnection(database: DatabaseSync): Connection {
  const prepared = new Map<string, StatementSync>();
  const statement = (sql: string): StatementSync => {
    const known = prepared.get(sql);
    if (known !== undefined) return known;
    const fresh = database.prepare(sql);
    prepared.set(sql, fresh);
    return fresh;
  };
  return {
    run: (sql, ...parameters) => Number(statement(sql).run(...parameters).changes),
    insert: (sql, ...parameters) => Number(statement(sql).run(...parameters).lastInsertRowid),
    get: (sql, ...parameters) => statement(sql).get(...parameters),
    all: (sql, ...parameters) => statement(sql).all(...parameters),
  };
}

/** Loaded when a database is opened, because start-up without one must not pay for it. */

export type SqliteModule = typeof NodeSqlite;

/**
 * Node's own SQLite. Node 22 reports on standard error that the module is experimental when it is first loaded. Slipway
 * tests the parts that it uses on every supported Node, so this one warning is suppressed. The filter exists only
 * during the synchronous load and passes on all other warnings.
 */
export function loadSqlite(): SqliteModule {
  const original = Object.getOwnPropertyDescriptor(process, "emitWarning");
  const emitWarning = process.emitWarning.bind(process);
  process.emitWarning = (...announcement: unknown[]): void => {
    if (!isSqliteAnnouncement(announcement)) Reflect.apply(emitWarning, process, announcement);
  };
  try {
    return process.getBuiltinModule("node:sqlite");
  } finally {
    if (original === undefined) Reflect.deleteProperty(process, "emitWarning");
    else Object.defineProperty(process, "emitWarning", original);
  }
}

function isSqliteAnnouncement([warning, kind]: readonly unknown[]): boolean {
  return (
    kind === "ExperimentalWarning" && typeof warning === "string" && warning.startsWith("SQLite ")
  );
}
