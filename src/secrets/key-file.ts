/** Sources of the key that seals secrets: a file of the current user, or the caller. */
import { randomBytes } from "node:crypto";
import { link, open, unlink } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { SlipwayError } from "../errors.ts";
import { errorCode } from "../host/error-code.ts";
import { belongsToAnother } from "../host/file-owner.ts";
import { followOwnLinks } from "../host/own-links.ts";
import { isAbsent, readRegularFile, whyUnreadable } from "../host/read-file.ts";
import { makeFolder } from "../storage/database.ts";
import { KEY_BYTES, sealingKey } from "./sealing.ts";
import type { SealingKey } from "./sealing.ts";

export interface KeySource {
  /** For messages: `key file /…`. */
  readonly description: string;
  /**
   * Loads the key; null if there is none yet.
   *
   * @throws SlipwayError `SECRET_KEY_INVALID` if the content is not a key, or other users can access it
   */
  load(): Promise<SealingKey | null>;
  /**
   * Creates a key if there is none, and returns the key that exists now: several processes may create one
   * concurrently.
   */
  create(): Promise<SealingKey>;
}

const LARGEST_KEY_FILE = 1024;
const KEY_TEXT = /^[A-Za-z0-9+/]{43}=\s*$/;

/** A key in a file: 32 random bytes in base64, mode 0600. */
export function keyFile(path: string): KeySource {
  const file = resolve(path);
  const description = `key file ${file}`;
  const load = async (): Promise<SealingKey | null> => {
    try {
      const text = await readOwnFile(file, description);
      return text === null ? null : parseKey(text, description);
    } catch (caught) {
      throw keyFileError(caught, description);
    }
  };
  return {
    description,
    load,
    async create() {
      try {
        await writeNewKey(file);
      } catch (caught) {
        throw keyFileError(caught, description);
      }
      const key = await load();
      if (key === null)
        throw invalidKey(`${description} disappeared immediately after it was created`);
      return key;
    },
  };
}

/** A key that the caller supplies, as 32 bytes or their base64. */
export function givenKey(given: Uint8Array | string, description = "the given key"): KeySource {
  const key =
    typeof given === "string" ? parseKey(given, description) : keyOfBytes(given, description);
  return {
    description,
    load: () => Promise.resolve(key),
    create: () => Promise.resolve(key),
  };
}

/**
 * Applies the rules of `ssh` for a private key: the user must own it, and no other user may read it. Another user who
 * owns a link to it chooses the key, and with it which secrets can be read.
 */
async function readOwnFile(path: string, description: string): Promise<string | null> {
  try {
    const file = followOwnLinks(path, ({ link: unsafe, what, remedy }) =>
      invalidKey(`key file ${unsafe} ${what}`, remedy),
    );
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
 * Writes the complete key to disk before linking it to its name, so that no process reads a partial key and the first
 * key wins.
 */
async function writeNewKey(file: string): Promise<void> {
  const folder = dirname(file);
  makeFolder(folder);
  const draft = `${file}.${randomBytes(8).toString("hex")}.tmp`;
  const handle = await open(draft, "wx", 0o600);
  try {
    await handle.writeFile(`${randomBytes(KEY_BYTES).toString("base64")}\n`);
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
  // Sync the folder: after a crash, no sealed value may exist without the key's name.
  const folderHandle = await open(folder, "r");
  try {
    await folderHandle.sync();
  } finally {
    await folderHandle.close();
  }
}

function parseKey(text: string, description: string): SealingKey {
  if (!KEY_TEXT.test(text)) throw notAKey(description);
  return keyOfBytes(Buffer.from(text, "base64"), description);
}

function keyOfBytes(bytes: Uint8Array, description: string): SealingKey {
  if (bytes.byteLength !== KEY_BYTES) throw notAKey(description);
  return sealingKey(bytes);
}

function notAKey(description: string): SlipwayError {
  return invalidKey(
    `${description} does not hold a key: ${KEY_BYTES} bytes in base64`,
    "Restore the file from a copy.",
  );
}

function invalidKey(message: string, remedy?: string): SlipwayError {
  return new SlipwayError({
    code: "FAILED_PRECONDITION",
    reason: "SECRET_KEY_INVALID",
    message,
    ...(remedy === undefined ? {} : { remedy }),
  });
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
