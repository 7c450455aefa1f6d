/**
 * Checks the database's files before and after SQLite opens them. A user who can write to the database, or to a log
 * that SQLite finds next to it, decides what is launched with this user's credentials. The rules follow `ssh` and
 * database servers: Slipway refuses another user's file and a file that every user can write to, and warns about a file
 * that others can read or that its group can write to.
 */
import { closeSync, lstatSync, openSync, statSync } from "node:fs";
import type { Stats } from "node:fs";
import { dirname } from "node:path";
import { SlipwayError } from "../errors.ts";
import { errorCode } from "../host/error-code.ts";
import { belongsToAnother } from "../host/file-owner.ts";
import { followOwnLinks } from "../host/own-links.ts";
import { notRegular, whyUnreadable } from "../host/read-file.ts";

/** A risk to the database that is not an error, and its remedy. */
export interface StorageWarning {
  readonly message: string;
  readonly remedy: string;
}

/** Endings of the files that SQLite reads if they exist. */
const COMPANIONS = ["", "-wal", "-shm", "-journal"] as const;

const WRITABLE_BY_ALL = 0o002;
const READABLE_BY_ALL = 0o004;
const WRITABLE_BY_GROUP = 0o020;
/** In a folder with this bit, such as `/tmp`, users cannot rename or remove each other's files. */
const STICKY = 0o1000;

/**
 * Creates the database's file for this user alone if it does not exist. SQLite would create it with the process's
 * umask, at the end of a symbolic link too.
 *
 * An existing file is not opened here: closing any descriptor of it would drop the locks that this process holds on it
 * through SQLite (https://www.sqlite.org/howtocorrupt.html, 2.2). For the same reason nothing may come between open and
 * close.
 *
 * @param path absolute, in an existing folder
 * @returns the file that `path` names, by a path whose last part is not a link
 * @throws the file system's error, or a SlipwayError
 */
export function createDatabaseFile(path: string): string {
  const file = locateDatabaseFile(path);
  try {
    closeSync(openSync(file, "ax", 0o600));
  } catch (caught) {
    if (errorCode(caught) !== "EEXIST") throw caught;
  }
  return file;
}

/**
 * The file that a path names, which need not exist, by a path whose last part is not a link.
 *
 * @throws SlipwayError `STORAGE_UNSAFE` for a link of another user
 */
export function locateDatabaseFile(path: string): string {
  return followOwnLinks(path, ({ link, what, remedy }) => unsafe(link, what, remedy));
}

/**
 * Refuses database files that another user controls.
 *
 * @returns what identifies the file, for {@link refuseReplaced}
 * @throws SlipwayError `STORAGE_UNSAFE`, or `STORAGE_UNAVAILABLE` for anything but a regular file
 */
export function refuseUnsafe(file: string): Stats {
  for (const companion of COMPANIONS) {
    const path = `${file}${companion}`;
    const status = lstatSync(path, { throwIfNoEntry: false });
    if (status !== undefined) refuseUnsafeFile(path, status);
  }
  return lstatSync(file);
}

/**
 * Refuses a database that was replaced since {@link refuseUnsafe} checked it. SQLite opens by name and keeps its
 * descriptor to itself, so comparing what the name leads to is all that can be done.
 */
export function refuseReplaced(file: string, before: Stats): void {
  const { dev, ino } = refuseUnsafe(file);
  if (dev !== before.dev || ino !== before.ino)
    throw unsafe(
      file,
      "was replaced while Slipway opened it",
      "Find out which program replaces it.",
    );
}

/** The risks that Slipway only warns about. */
export function storageWarnings(file: string): readonly StorageWarning[] {
  return [...modeWarnings(file), ...folderWarnings(file)];
}

function modeWarnings(file: string): readonly StorageWarning[] {
  const { mode } = lstatSync(file);
  const remedy = `Run \`chmod 600 ${file}\`.`;
  if ((mode & WRITABLE_BY_GROUP) !== 0)
    return [{ message: `database ${file} can be written by its group`, remedy }];
  if ((mode & READABLE_BY_ALL) !== 0)
    return [{ message: `database ${file} can be read by every user of this machine`, remedy }];
  return [];
}

function folderWarnings(file: string): readonly StorageWarning[] {
  const folder = dirname(file);
  const status = statSync(folder);
  const remedy = "Move the database to a folder that only you can write to.";
  if (belongsToAnother(status))
    return [
      {
        message: `database ${file} can be replaced by another user (uid ${status.uid}), the owner of its folder`,
        remedy,
      },
    ];
  if ((status.mode & WRITABLE_BY_ALL) !== 0 && (status.mode & STICKY) === 0)
    return [
      {
        message: `database ${file} can be replaced by every user: its folder is open to all`,
        remedy,
      },
    ];
  return [];
}

function refuseUnsafeFile(path: string, status: Stats): void {
  if (!status.isFile())
    throw new SlipwayError({
      code: "FAILED_PRECONDITION",
      reason: "STORAGE_UNAVAILABLE",
      message: `database ${path} cannot be opened: ${whyUnreadable(notRegular(status))}`,
      remedy: "Name another database: it and the logs next to it must be regular files.",
      metadata: { path },
    });
  if (belongsToAnother(status))
    throw unsafe(
      path,
      `belongs to another user (uid ${status.uid}), who can change what is launched`,
      "Run Slipway as that user, or name a database of your own.",
    );
  if ((status.mode & WRITABLE_BY_ALL) !== 0)
    throw unsafe(
      path,
      "can be written by every user of this machine, who can change what is launched",
      `Check its records, then run \`chmod 600 ${path}\`.`,
    );
}

function unsafe(path: string, what: string, remedy: string): SlipwayError {
  return new SlipwayError({
    code: "FAILED_PRECONDITION",
    reason: "STORAGE_UNSAFE",
    message: `database ${path} ${what}`,
    remedy,
    metadata: { path },
  });
}
