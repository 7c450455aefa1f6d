/**
 * Schema versions, one for each component (catalog, secrets, ledger), so that each brings its own tables to the shared
 * file. A component's version is the number of its migrations that have been applied.
 */
import type { DatabaseSync } from "node:sqlite";
import { SlipwayError } from "../errors.ts";

/** SQL scripts in order, by component. A published script never changes; a new one is added after it. */
export type Migrations = Readonly<Record<string, readonly string[]>>;

/** Whether the file has all tables that this version needs, so that opening it writes nothing. */
export function isMigrated(database: DatabaseSync, migrations: Migrations, path: string): boolean {
  const versions = readVersions(database);
  return Object.entries(migrations).every(
    ([component, scripts]) =>
      knownVersion({ component, scripts, path }, versions) === scripts.length,
  );
}

/** Applies the missing scripts. Runs in a write transaction, so that two processes never apply the same script. */
export function migrate(database: DatabaseSync, migrations: Migrations, path: string): void {
  database.exec(
    "CREATE TABLE IF NOT EXISTS schema_version (component TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT",
  );
  const versions = readVersions(database);
  const record = database.prepare(
    "INSERT INTO schema_version (component, version) VALUES (?, ?) ON CONFLICT (component) DO UPDATE SET version = excluded.version",
  );
  for (const [component, scripts] of Object.entries(migrations)) {
    const applied = knownVersion({ component, scripts, path }, versions);
    for (const script of scripts.slice(applied)) database.exec(script);
    record.run(component, scripts.length);
  }
}

/** @throws SlipwayError `STORAGE_VERSION` if a newer Slipway wrote the file */
export function refuseNewer(
  migrations: Migrations,
  versions: ReadonlyMap<string, number>,
  path: string,
): void {
  for (const [component, scripts] of Object.entries(migrations))
    knownVersion({ component, scripts, path }, versions);
}

/** The version of each component; empty if the file has no tables of Slipway. */
export function readVersions(database: DatabaseSync): ReadonlyMap<string, number> {
  const table = database
    .prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'schema_version'")
    .get();
  if (table === undefined) return new Map();
  const rows = database.prepare("SELECT component, version FROM schema_version").all();
  return new Map(rows.map((row) => [String(row["component"]), Number(row["version"])]));
}

function knownVersion(
  wanted: {
    readonly component: string;
    readonly scripts: readonly string[];
    readonly path: string;
  },
  versions: ReadonlyMap<string, number>,
): number {
  const { component, scripts, path } = wanted;
  const version = versions.get(component) ?? 0;
  if (version <= scripts.length) return version;
  throw new SlipwayError({
    code: "FAILED_PRECONDITION",
    reason: "STORAGE_VERSION",
    message: `database ${path} was written by a newer Slipway: its ${component} schema is ${version}, this one knows ${scripts.length}`,
    remedy: "Use the newer Slipway, or name another database.",
    metadata: { path, component, version, known_version: scripts.length },
  });
}
