import type { DatabaseSync, StatementSync } from "node:sqlite";
import type * as NodeSqlite from "node:sqlite";

/** Statements inside one transaction, on a connection that remembers what it has prepared. */

export type SqlParameter = null | number | bigint | string | Uint8Array;
export type SqlValue = null | number | bigint | string | Uint8Array;
export type SqlRow = { readonly [column: string]: SqlValue };

/** What the work of a transaction is given. It must not be kept beyond the transaction. */
export interface Connection {
  /** Runs a statement; returns how many rows it changed. */
  run(sql: string, ...parameters: readonly SqlParameter[]): number;
  /** Inserts one row; returns its row id. For that alone `RETURNING` would make the statement twice as dear. */
  insert(sql: string, ...parameters: readonly SqlParameter[]): number;
  /** The first row, or undefined. */
  get(sql: string, ...parameters: readonly SqlParameter[]): SqlRow | undefined;
  all(sql: string, ...parameters: readonly SqlParameter[]): readonly SqlRow[];
}

/** SQL in Slipway is a constant text with parameters, so the cache is bounded by the source itself. */
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

/**
 * Loads `node:sqlite`, and only when a database is opened: start-up without one must not pay for it.
 */

export type SqliteModule = typeof NodeSqlite;

/**
 * Node's own SQLite. Node 22 announces the module as experimental on standard error the first time it is loaded;
 * what Slipway uses of it is covered by tests on each supported Node, so that one announcement is left out. The
 * filter lives for the synchronous load alone and lets every other warning through.
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
