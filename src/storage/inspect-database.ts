import { constants, accessSync, statSync, statfsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { SlipwayError } from "../errors.ts";
import { loadSqlite } from "./connection.ts";
import { createQueryOnlyDatabase } from "./database.ts";
import type { Database } from "./database.ts";
import { locateDatabaseFile, refuseUnsafe, storageWarnings } from "./database-file.ts";
import type { StorageWarning } from "./database-file.ts";
import { readVersions, refuseNewer } from "./migrations.ts";
import type { Migrations } from "./migrations.ts";
import { storageError } from "./storage-error.ts";

/** A database file, as far as it can be known without changing it. */
export interface DatabaseInspection extends AsyncDisposable {
  /** Absolute. */
  readonly path: string;
  /** The version of each component; empty if the file has no tables of Slipway. Null if there is no file. */
  readonly versions: ReadonlyMap<string, number> | null;
  /** Whether every component has the version that this Slipway needs, so that opening the file changes nothing. */
  readonly isCurrent: boolean;
  /** The open file, which refuses every write; null if there is no file. */
  readonly database: Database | null;
  /** SQLite's name, such as `wal`; null if there is no file. */
  readonly journalMode: string | null;
  /** Why the file or its folder cannot be written, or a missing file not be created; null if it can. */
  readonly readOnly: SlipwayError | null;
  /** Space for this user on its file system, in bytes. */
  readonly freeBytes: number;
  readonly warnings: readonly StorageWarning[];
}

const WRITE_FILE = constants.R_OK | constants.W_OK;
const WRITE_FOLDER = constants.W_OK | constants.X_OK;

/**
 * Looks at a database without creating, migrating or changing it. Opening it for reading alone would leave SQLite's log
 * files behind, so it is opened as usual, and SQLite refuses every write.
 *
 * @throws SlipwayError what `openDatabase` throws for a file that cannot be opened, is not safe or is too new
 */
export function inspectDatabase({
  path: given,
  migrations,
}: {
  readonly path: string;
  readonly migrations: Migrations;
}): DatabaseInspection {
  const path = resolve(given);
  try {
    if (statSync(path, { throwIfNoEntry: false }) === undefined) return absent(path);
    const file = locateDatabaseFile(path);
    refuseUnsafe(file);
    const { DatabaseSync } = loadSqlite();
    const raw = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS });
    try {
      const database = createQueryOnlyDatabase(raw, path);
      const mode = raw.prepare("PRAGMA journal_mode").get()?.["journal_mode"];
      const versions = readVersions(raw);
      refuseNewer(migrations, versions, path);
      const isCurrent = Object.entries(migrations).every(
        ([component, scripts]) => versions.get(component) === scripts.length,
      );
      return {
        path,
        versions,
        isCurrent,
        database,
        journalMode: typeof mode === "string" ? mode : null,
        readOnly: unwritable(path, [
          [file, WRITE_FILE],
          [dirname(file), WRITE_FOLDER],
        ]),
        freeBytes: freeBytesIn(dirname(file)),
        warnings: storageWarnings(file),
        [Symbol.asyncDispose]: () => database.close(),
      };
    } catch (caught) {
      raw.close();
      throw caught;
    }
  } catch (caught) {
    throw storageError(caught, path);
  }
}

/** A writer holds the lock for a few milliseconds. */
const BUSY_TIMEOUT_MS = 1_000;

function absent(path: string): DatabaseInspection {
  let folder = dirname(path);
  while (statSync(folder, { throwIfNoEntry: false }) === undefined) folder = dirname(folder);
  if (!statSync(folder).isDirectory())
    throw new SlipwayError({
      code: "FAILED_PRECONDITION",
      reason: "STORAGE_UNAVAILABLE",
      message: `database ${path} cannot be created: ${folder} is not a folder`,
      remedy: "Name a database in a folder.",
      metadata: { path },
    });
  return {
    path,
    versions: null,
    isCurrent: false,
    database: null,
    journalMode: null,
    readOnly: unwritable(path, [[folder, WRITE_FOLDER]]),
    freeBytes: freeBytesIn(folder),
    warnings: [],
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

function unwritable(
  path: string,
  needed: readonly (readonly [file: string, mode: number])[],
): SlipwayError | null {
  try {
    for (const [file, mode] of needed) accessSync(file, mode);
    return null;
  } catch (caught) {
    const said = caught instanceof Error ? caught.message : String(caught);
    return new SlipwayError({
      code: "FAILED_PRECONDITION",
      reason: "STORAGE_READ_ONLY",
      message: `database ${path} cannot be written: the file or its folder is read-only (${said})`,
      remedy: "Make the file and its folder writable for this user, or name another database.",
      metadata: { path },
    });
  }
}

function freeBytesIn(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}
