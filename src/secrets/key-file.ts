/** Sealing keys in a file of the current user: 32 random bytes in base64 on each line, mode 0600. */
import { randomBytes } from "node:crypto";
import { link, open, rename, unlink } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { SlipwayError } from "../errors.ts";
import { errorCode } from "../host/error-code.ts";
import { belongsToAnother } from "../host/file-owner.ts";
import { followOwnLinks } from "../host/own-links.ts";
import { isAbsent, readRegularFile, whyUnreadable } from "../host/read-file.ts";
import { makeFolder } from "../storage/database.ts";
import { invalidKey, parseKeys } from "./key-source.ts";
import type { KeyRotation, KeySource, SealingKeys } from "./key-source.ts";
import { KEY_BYTES } from "./sealing.ts";
import type { SealingKey } from "./sealing.ts";

const LARGEST_KEY_FILE = 1024;

/**
 * The keys in a file. During a rotation, the new key is in `FILE.next`, which takes the file's place in the end. So every
 * process can open every value at any time, wherever the rotation is interrupted.
 */
export function keyFile(path: string): KeySource {
  const file = resolve(path);
  const description = `key file ${file}`;
  const load = async (): Promise<SealingKeys | null> => {
    const keys = await readKeys(file);
    if (keys === null) return null;
    return withOthers(keys, (await readKeys(nextOf(realFile(file)))) ?? []);
  };
  const loadExisting = async (): Promise<SealingKeys> => {
    const keys = await load();
    if (keys !== null) return keys;
    throw invalidKey(`${description} disappeared immediately after it was created`);
  };
  /** Reports failures of the file system as those of the key file. */
  const explained = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (caught) {
      throw keyFileError(caught, description);
    }
  };
  return {
    description,
    choose: "Name the right key file with `--key-file`",
    load: () => explained(load()),
    create: () => explained(writeNewKey(file, []).then(loadExisting)),
    rotate: () => explained(rotateKey(file, loadExisting)),
  };
}

async function rotateKey(file: string, load: () => Promise<SealingKeys>): Promise<KeyRotation> {
  const [current] = await load();
  const real = realFile(file);
  const next = nextOf(real);
  await writeNewKey(next, [current]);
  const fresh = await readKeys(next);
  // Another process has ended the rotation in between: its key is the one that seals.
  if (fresh === null) return { keys: await load(), finish: () => Promise.resolve() };
  return {
    keys: withOthers(fresh, await load()),
    async finish() {
      const [ours] = fresh;
      const waiting = await readKeys(next);
      if (waiting?.[0].id !== ours.id) return;
      try {
        await rename(next, real);
      } catch (caught) {
        // Another process has ended this rotation in between.
        if (!isAbsent(caught)) throw keyFileError(caught, `key file ${file}`);
      }
      await syncFolder(dirname(real));
    },
  };
}

/** The file that a link leads to: it is on the file system on which the new key can take its place. */
function realFile(file: string): string {
  return followOwnLinks(file, ({ link: unsafe, what, remedy }) =>
    invalidKey(`key file ${unsafe} ${what}`, remedy),
  );
}

function nextOf(file: string): string {
  return `${file}.next`;
}

function withOthers(keys: SealingKeys, others: readonly SealingKey[]): SealingKeys {
  return [...keys, ...others.filter(({ id }) => keys.every((key) => key.id !== id))];
}

async function readKeys(file: string): Promise<SealingKeys | null> {
  const description = `key file ${file}`;
  const text = await readOwnFile(file, description);
  return text === null ? null : parseKeys(text, description);
}

/**
 * Applies the rules of `ssh` for a private key: the user must own it, and no other user may read it. Another user who
 * owns a link to it chooses the key, and with it which secrets can be read.
 */
async function readOwnFile(path: string, description: string): Promise<string | null> {
  try {
    const file = realFile(path);
    const bytes = await readRegularFile(file, LARGEST_KEY_FILE, (status) => {
      if (belongsToAnother(status))
        throw invalidKey(
          `${description} belongs to another user (uid ${status.uid})`,
          "Run Slipway as that user, or copy the key to a file of your own with mode 0600.",
        );
      if ((status.mode & 0o077) !== 0)
        throw invalidKey(
          `${description} can be read or written by users other than its owner`,
          `Run \`chmod 600 ${file}\`; if others may have read it, create a new key and set the secrets again.`,
        );
    });
    return bytes.toString("utf8");
  } catch (caught) {
    if (isAbsent(caught)) return null;
    throw caught;
  }
}

/**
 * Writes a new key and the given ones to disk before linking the file to its name, so that no process reads a partial
 * file and the first key wins.
 */
async function writeNewKey(file: string, others: readonly SealingKey[]): Promise<void> {
  const folder = dirname(file);
  makeFolder(folder);
  const draft = `${file}.${randomBytes(8).toString("hex")}.tmp`;
  const handle = await open(draft, "wx", 0o600);
  try {
    const keys = [randomBytes(KEY_BYTES), ...others.map(({ key }) => key.export())];
    await handle.writeFile(keys.map((key) => `${key.toString("base64")}\n`).join(""));
    await handle.sync();
  } finally {
    await handle.close();
  }
  try {
    await link(draft, file);
  } catch (caught) {
    if (errorCode(caught) !== "EEXIST") throw caught;
  } finally {
    await unlink(draft);
  }
  await syncFolder(folder);
}

/** After a crash, no sealed value may exist without the name of its key. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function keyFileError(caught: unknown, description: string): SlipwayError {
  if (caught instanceof SlipwayError) return caught;
  return new SlipwayError({
    code: "FAILED_PRECONDITION",
    reason: "SECRET_KEY_INVALID",
    message: `${description} cannot be used: ${whyUnreadable(caught)}`,
    remedy: "Make it a file that this user can read, or name another with `--key-file`.",
    cause: caught,
  });
}
