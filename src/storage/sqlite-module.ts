/**
 * Loads `node:sqlite`, and only when a database is opened: start-up without one must not pay for it.
 */
import type * as NodeSqlite from "node:sqlite";

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
