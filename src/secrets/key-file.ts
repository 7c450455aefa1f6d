/** Where the key that seals secrets comes from: a file of this user's own, or the caller. */
import { randomBytes } from "node:crypto";
import { link, open, unlink } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { SlipwayError } from "../errors.ts";
import { belongsToAnother } from "../host/file-owner.ts";
import { isAbsent, readRegularFile, whyUnreadable } from "../host/read-file.ts";
import { makeFolder } from "../storage/database.ts";
import { KEY_BYTES, sealingKey } from "./sealing.ts";
import type { SealingKey } from "./sealing.ts";

export interface KeySource {
  /** For messages: `key file /…`. */
  readonly description: string;
  /** Null where there is no key yet. @throws `SECRET_KEY_INVALID` for what is no key, or is open to others */
  load(): Promise<SealingKey | null>;
  /** Makes a key where there is none, and gives the one that is there now: several processes may do so at once. */
  create(): Promise<SealingKey>;
}

const LARGEST_KEY_FILE = 1024;
const KEY_TEXT = /^[A-Za-z0-9+/]{43}=\s*$/;

/** A file (mode 0600) with 32 random bytes in base64. */
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
      if (key === null) throw invalidKey(`${description} is gone just after it was made`);
      return key;
    },
  };
}

/** A key that the caller holds, as 32 bytes or their base64. */
export function givenKey(given: Uint8Array | string, description = "the given key"): KeySource {
  const key =
    typeof given === "string" ? parseKey(given, description) : keyOfBytes(given, description);
  return {
    description,
    load: () => Promise.resolve(key),
    create: () => Promise.resolve(key),
  };
}

/** The rules of `ssh` for a private key: it is the user's own, and no one else may read it. */
async function readOwnFile(file: string, description: string): Promise<string | null> {
  try {
    const bytes = await readRegularFile(file, LARGEST_KEY_FILE, (status) => {
      if (belongsToAnother(status))
        throw invalidKey(
          `${description} belongs to another user (uid ${status.uid})`,
          "Run Slipway as that user, or copy the key to a file of your own with mode 0600.",
        );
      if ((status.mode & 0o077) !== 0)
        throw invalidKey(
          `${description} can be read or written by others than its owner`,
          `Run \`chmod 600 ${file}\`; if others may have read it, make a new key and set the secrets again.`,
        );
    });
    return bytes.toString("utf8");
  } catch (caught) {
    if (isAbsent(caught)) return null;
    throw caught;
  }
}

/** The key is on disk, whole, before its name is: nobody ever reads half of it, and the first one stays. */
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
    if (errnoOf(caught) !== "EEXIST") throw caught;
  } finally {
    await unlink(draft);
  }
  // What is sealed with the key must not outlive its name in a crash.
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

function errnoOf(caught: unknown): string | undefined {
  if (!(caught instanceof Error) || !("code" in caught)) return undefined;
  return typeof caught.code === "string" ? caught.code : undefined;
}
