/** Statements inside one transaction, on a connection that remembers what it has prepared. */
import type { DatabaseSync, StatementSync } from "node:sqlite";

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
