/**
 * Turns failures of SQLite and the file system into errors that name the file. The kind is taken from the numeric
 * result code (https://www.sqlite.org/rescode.html) or from `errno`'s name, never from the text.
 */
import { asSlipwayError, isSlipwayError, SlipwayError } from "../errors.ts";
import type { ErrorCode, ErrorReason } from "../errors.ts";
import { errorCode } from "../host/error-code.ts";

interface StorageFault {
  readonly code: ErrorCode;
  readonly reason: ErrorReason;
  /** Follows `database <file> `. */
  readonly what: string;
  readonly remedy: string;
}

const BUSY: StorageFault = {
  code: "UNAVAILABLE",
  reason: "STORAGE_BUSY",
  what: "is locked by another process",
  remedy:
    "Try again; if it persists, look for a process that keeps a transaction open on the file.",
};
const FULL: StorageFault = {
  code: "RESOURCE_EXHAUSTED",
  reason: "STORAGE_FULL",
  what: "cannot grow: the disk is full",
  remedy: "Free space on its file system, then try again: nothing was written.",
};
const READ_ONLY: StorageFault = {
  code: "FAILED_PRECONDITION",
  reason: "STORAGE_READ_ONLY",
  what: "cannot be written: the file or its folder is read-only",
  remedy: "Make the file and its folder writable for this user, or name another database.",
};
const DAMAGED: StorageFault = {
  code: "FAILED_PRECONDITION",
  reason: "STORAGE_DAMAGED",
  what: "is not a SQLite database, or is damaged",
  remedy: "Name another file, or restore this one from a copy.",
};
const UNAVAILABLE: StorageFault = {
  code: "UNAVAILABLE",
  reason: "STORAGE_UNAVAILABLE",
  what: "cannot be opened or read",
  remedy: "Check that the path is right and that this user may read and write it.",
};
const FORBIDDEN: StorageFault = { ...UNAVAILABLE, code: "PERMISSION_DENIED" };
/** The path cannot lead to a database, now or later. */
const MISPLACED: StorageFault = { ...UNAVAILABLE, code: "FAILED_PRECONDITION" };

/** Primary result codes. Any other is a defect of Slipway, such as SQL that does not fit its table. */
const BY_RESULT_CODE: ReadonlyMap<number, StorageFault> = new Map([
  [3, FORBIDDEN], // SQLITE_PERM
  [5, BUSY], // SQLITE_BUSY
  [8, READ_ONLY], // SQLITE_READONLY
  [10, UNAVAILABLE], // SQLITE_IOERR
  [11, DAMAGED], // SQLITE_CORRUPT
  [13, FULL], // SQLITE_FULL
  [14, UNAVAILABLE], // SQLITE_CANTOPEN
  [15, BUSY], // SQLITE_PROTOCOL: lost a race for the write-ahead log's index too often
  [26, DAMAGED], // SQLITE_NOTADB
]);

const BY_ERRNO: ReadonlyMap<string, StorageFault> = new Map([
  ["ENOSPC", FULL],
  ["EDQUOT", FULL],
  ["EROFS", READ_ONLY],
  ["EACCES", FORBIDDEN],
  ["EPERM", FORBIDDEN],
  ["EISDIR", MISPLACED],
  ["ELOOP", MISPLACED],
  ["ENAMETOOLONG", MISPLACED],
  ["ENOENT", MISPLACED],
  ["ENOTDIR", MISPLACED],
]);

/** Whether another process holds the lock, so that the same transaction may succeed a moment later. */
export function isBusy(caught: unknown): boolean {
  return sqliteFault(caught) === BUSY;
}

/** Translates a failure that was caught while the database at `path` was used. */
export function storageError(caught: unknown, path: string): SlipwayError {
  if (isSlipwayError(caught)) return caught;
  const fault = sqliteFault(caught) ?? fileFault(caught);
  if (fault === undefined) return asSlipwayError(caught);
  const said = caught instanceof Error ? caught.message : String(caught);
  return new SlipwayError({
    code: fault.code,
    reason: fault.reason,
    message: `database ${path} ${fault.what} (${said})`,
    remedy: fault.remedy,
    retry: fault === BUSY ? "same-token" : "never",
    metadata: { path },
    cause: caught,
  });
}

function sqliteFault(caught: unknown): StorageFault | undefined {
  if (!(caught instanceof Error) || !("errcode" in caught)) return undefined;
  if (typeof caught.errcode !== "number") return undefined;
  // Extended result codes have the primary one in the low byte.
  return BY_RESULT_CODE.get(caught.errcode & 0xff);
}

function fileFault(caught: unknown): StorageFault | undefined {
  const code = errorCode(caught);
  if (code === null || !(caught instanceof Error) || !("syscall" in caught)) return undefined;
  return BY_ERRNO.get(code) ?? UNAVAILABLE;
}
