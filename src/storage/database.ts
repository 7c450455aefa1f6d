import { existsSync, mkdirSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { setImmediate, setTimeout as sleep } from "node:timers/promises";
import type { DatabaseSync } from "node:sqlite";
import { invalidArgument, SlipwayError } from "../errors.ts";
import { errorCode } from "../host/error-code.ts";
import { createConnection, loadSqlite } from "./connection.ts";
import {
  createDatabaseFile,
  refuseReplaced,
  refuseUnsafe,
  storageWarnings,
} from "./database-file.ts";
import type { StorageWarning } from "./database-file.ts";
import { createWriteGroups } from "./write-groups.ts";
import type { Connection } from "./connection.ts";
import { createLockWait } from "./lock-wait.ts";
import type { LockWait, Pause } from "./lock-wait.ts";
import { isMigrated, migrate } from "./migrations.ts";
import type { Migrations } from "./migrations.ts";
import { storageError } from "./storage-error.ts";

/**
 * The embedded database: one SQLite file that many processes open at once, through Node's own `node:sqlite`.
 *
 * Transactions are synchronous functions: no other work of this process, and no await, can come in between. Writes use
 * `BEGIN IMMEDIATE`, because a transaction that turns from reader into writer fails if another process has written in
 * between (with eight processes, deferred transactions lost four updates in five). Waiting for the lock is asynchronous
 * beyond a short busy timeout, and the writes of one process queue behind one another, so that the event loop is only
 * ever blocked for one short attempt.
 */

/**
 * How long SQLite itself may block the thread while another process writes, in milliseconds. With eight processes on
 * two busy cores, 25 kept the event loop's longest delay under 80 ms, 40 brought it close to 100.
 */
const BUSY_TIMEOUT_MS = 25;

export interface DatabaseOptions {
  /** The file. If it does not exist it is created (mode 0600, its folder 0700). */
  readonly path: string;
  readonly migrations: Migrations;
  readonly pause?: Pause;
  /** Called for each risk that is not an error, for example a file that others can read. */
  readonly onWarning?: (warning: StorageWarning) => void;
}

export interface Database extends AsyncDisposable {
  /** Absolute. */
  readonly path: string;
  /**
   * Runs `work` as one write transaction and returns its result once it is on disk. If `work` throws, nothing of it is
   * written and the error is passed on. It is synchronous and may run more than once, so it must change nothing but the
   * database. Works that wait at the same time are committed together.
   *
   * @throws SlipwayError with a `STORAGE_…` reason
   */
  write<T>(work: (connection: Connection) => T): Promise<T>;
  /**
   * `write` for changes that a power cut may undo: it waits neither for the disk nor for writes that do. The file stays
   * consistent, and other processes see the result at once, even if this process dies. A later `write` makes it durable
   * too, because both append to one log.
   */
  writeLightly<T>(work: (connection: Connection) => T): Promise<T>;
  /** Runs `work` on one consistent snapshot; it never waits for a writer. */
  read<T>(work: (connection: Connection) => T): Promise<T>;
  /** The same without a snapshot, and cheaper: each statement reads the current state. */
  readLightly<T>(work: (connection: Connection) => T): Promise<T>;
  /**
   * Returns another number after another connection, of any process, has changed the file. Changes of this connection
   * do not count. Cheaper than a transaction.
   */
  othersVersion(): Promise<number>;
  /**
   * Copies the write-ahead log into the file, without waiting for other connections. SQLite does so at the end of a write
   * that finds a long log: a process that writes much does it itself, so that no other process has to.
   * https://www.sqlite.org/wal.html#automatic_checkpoint
   */
  checkpoint(): Promise<void>;
  /** Waits for pending writes, then closes. Closing twice is fine. */
  close(): Promise<void>;
}

const SYSTEM_PAUSE: Pause = {
  now: () => performance.now(),
  sleep: (milliseconds) => sleep(milliseconds),
  turn: () => setImmediate(),
  random: () => Math.random(),
};

/**
 * Opens the database and brings its tables up to date.
 *
 * @throws SlipwayError `STORAGE_UNAVAILABLE`, `STORAGE_DAMAGED`, `STORAGE_READ_ONLY`, `STORAGE_FULL`, `STORAGE_BUSY`,
 * `STORAGE_UNSAFE`, or `STORAGE_VERSION` if a newer Slipway wrote the file
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  if (options.path === "" || options.path.includes("\0"))
    throw invalidArgument("INVALID_INPUT", "the database path is empty or holds a NUL character");
  const path = resolve(options.path);
  const lockWait = createLockWait(options.pause ?? SYSTEM_PAUSE);
  try {
    makeFolder(dirname(path));
    const file = createDatabaseFile(path);
    const checked = refuseUnsafe(file);
    const { DatabaseSync } = loadSqlite();
    const raw = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS });
    try {
      await prepare({ raw, path, lockWait, migrations: options.migrations });
      refuseReplaced(file, checked);
      for (const warning of storageWarnings(file)) options.onWarning?.(warning);
    } catch (caught) {
      raw.close();
      throw caught;
    }
    return createDatabase({ raw, path, lockWait });
  } catch (caught) {
    throw storageError(caught, path);
  }
}

/**
 * A database that refuses every write: `STORAGE_READ_ONLY`.
 *
 * https://www.sqlite.org/pragma.html#pragma_query_only
 */
export function createQueryOnlyDatabase(raw: DatabaseSync, path: string): Database {
  raw.exec("PRAGMA query_only = ON");
  return createDatabase({ raw, path, lockWait: createLockWait(SYSTEM_PAUSE) });
}

/**
 * Applies the settings and creates the tables. Another process may be opening the same new file, so each step is
 * retried.
 */
async function prepare(opening: {
  readonly raw: DatabaseSync;
  readonly path: string;
  readonly lockWait: LockWait;
  readonly migrations: Migrations;
}): Promise<void> {
  const { raw, path, lockWait, migrations } = opening;
  await lockWait(() => raw.exec("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON"));
  const mode = await lockWait(() => raw.prepare("PRAGMA journal_mode = WAL").get());
  if (mode?.["journal_mode"] !== "wal")
    throw new SlipwayError({
      code: "FAILED_PRECONDITION",
      reason: "STORAGE_UNAVAILABLE",
      message: `database ${path} cannot keep a write-ahead log on its file system`,
      remedy: "Put the database on a local file system.",
      metadata: { path },
    });
  const done = await lockWait(() =>
    transact(raw, "BEGIN", () => isMigrated(raw, migrations, path)),
  );
  if (done) return;
  await lockWait(() => transact(raw, "BEGIN IMMEDIATE", () => migrate(raw, migrations, path)));
}

function createDatabase(opened: {
  readonly raw: DatabaseSync;
  readonly path: string;
  readonly lockWait: LockWait;
}): Database {
  const { raw, path, lockWait } = opened;
  const connection = createConnection(raw);
  const writes = createWriteGroups({ raw, connection, path }, (work) =>
    run("BEGIN IMMEDIATE", work),
  );
  const lightWrites = createWriteGroups({ raw, connection, path }, (work) =>
    attempted(() => transactLightly(raw, () => work(connection))),
  );
  let closing: Promise<void> | undefined;
  const active = new Set<Promise<unknown>>();

  const attempted = async <T>(attempt: () => T): Promise<T> => {
    try {
      return await lockWait(attempt);
    } catch (caught) {
      throw storageError(caught, path);
    }
  };
  const run = <T>(begin: string, work: (connection: Connection) => T): Promise<T> =>
    attempted(() => transact(raw, begin, () => work(connection)));
  const tracked = async <T>(running: Promise<T>): Promise<T> => {
    active.add(running);
    try {
      return await running;
    } finally {
      active.delete(running);
    }
  };
  const refuseWhenClosed = (): void => {
    if (closing !== undefined) throw closedError(path);
  };
  const readLightly = async <T>(work: (connection: Connection) => T): Promise<T> => {
    refuseWhenClosed();
    return await tracked(attempted(() => work(connection)));
  };
  const close = async (): Promise<void> => {
    closing ??= Promise.allSettled(active).then(() => raw.close());
    await closing;
  };
  return {
    path,
    async write(work) {
      refuseWhenClosed();
      return await tracked(writes(work));
    },
    async writeLightly(work) {
      refuseWhenClosed();
      return await tracked(lightWrites(work));
    },
    async read(work) {
      refuseWhenClosed();
      return await tracked(run("BEGIN", work));
    },
    readLightly,
    othersVersion: () => readLightly(dataVersion),
    async checkpoint() {
      refuseWhenClosed();
      await tracked(attempted(() => raw.exec("PRAGMA wal_checkpoint(PASSIVE)")));
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** https://www.sqlite.org/pragma.html#pragma_data_version */
function dataVersion(connection: Connection): number {
  return Number(connection.get("PRAGMA data_version")?.["data_version"]);
}

function closedError(path: string): SlipwayError {
  return new SlipwayError({
    code: "FAILED_PRECONDITION",
    reason: "STORAGE_UNAVAILABLE",
    message: `database ${path} is closed`,
    metadata: { path },
  });
}

/** A write-ahead log stays consistent without a sync. The next synced commit makes this one durable too. */
function transactLightly<T>(raw: DatabaseSync, work: () => T): T {
  const durable = "PRAGMA synchronous = FULL";
  try {
    // One call to SQLite instead of two: launches wait for this.
    const begin = "PRAGMA synchronous = NORMAL; BEGIN IMMEDIATE";
    return transact(raw, begin, work, `COMMIT; ${durable}`);
  } catch (caught) {
    raw.exec(durable);
    throw caught;
  }
}

function transact<T>(raw: DatabaseSync, begin: string, work: () => T, commit = "COMMIT"): T {
  raw.exec(begin);
  try {
    const result = work();
    if (result instanceof Promise)
      throw new TypeError("the work of a transaction must be synchronous");
    raw.exec(commit);
    return result;
  } catch (caught) {
    // SQLite rolls back by itself after some failures, such as a full disk.
    if (raw.isTransaction) raw.exec("ROLLBACK");
    throw caught;
  }
}

/**
 * Creates a folder and its parents for this user alone. Existing folders stay as they are.
 *
 * Node's own recursive `mkdir` never returns if the file system answers ENOENT although the parent exists, as `/proc`
 * does.
 *
 * @param folder absolute
 * @throws the file system's error
 */
export function makeFolder(folder: string): void {
  const parent = dirname(folder);
  if (!existsSync(parent)) makeFolder(parent);
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (caught) {
    // If it is not a folder, opening a file in it reports that.
    if (errorCode(caught) !== "EEXIST") throw caught;
  }
}
