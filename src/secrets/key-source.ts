/** The keys that seal secrets, and where they come from. */
import { SlipwayError } from "../errors.ts";
import { KEY_BYTES, sealingKey } from "./sealing.ts";
import type { SealingKey } from "./sealing.ts";

/** The first key seals. Each of them opens: during a rotation, values are sealed with the old and the new one. */
export type SealingKeys = readonly [SealingKey, ...SealingKey[]];

export interface KeySource {
  /** For messages: `key file /…`. */
  readonly description: string;
  /** How to use another key, as the beginning of a remedy. */
  readonly choose: string;
  /**
   * Loads the keys; null if there are none yet.
   *
   * @throws SlipwayError `SECRET_KEY_INVALID` if the content is not a key, or other users can access it
   */
  load(): Promise<SealingKeys | null>;
  /**
   * Creates a key if there is none, and returns the keys that exist now: several processes may create one
   * concurrently.
   */
  create(): Promise<SealingKeys>;
  /**
   * Begins a rotation, or continues one that was interrupted. Everyone who loads the keys from now on can open what is
   * sealed with the new key.
   */
  rotate(): Promise<KeyRotation>;
}

export interface KeyRotation {
  /** The new key is the first. */
  readonly keys: SealingKeys;
  /** Makes the new key the one that seals, once nothing is sealed with another. The previous key can still open. */
  finish(): Promise<void>;
}

/** As many keys as fit into the largest key file. */
const MOST_KEYS = 16;
const KEY_TEXT = /^[A-Za-z0-9+/]{43}=$/;

/**
 * Keys that the caller supplies and replaces itself: 32 bytes, or the base64 of one key or of several, separated by
 * spaces or line breaks. A rotation seals with the first of them.
 */
export function givenKey(given: Uint8Array | string, description = "the given key"): KeySource {
  const keys: SealingKeys =
    typeof given === "string" ? parseKeys(given, description) : [keyOfBytes(given, description)];
  return {
    description,
    choose: "Give the right key",
    load: () => Promise.resolve(keys),
    create: () => Promise.resolve(keys),
    rotate: () => Promise.resolve({ keys, finish: () => Promise.resolve() }),
  };
}

/** @throws SlipwayError `SECRET_KEY_INVALID`; it does not repeat the text */
export function parseKeys(text: string, description: string): SealingKeys {
  const [first, ...others] = text.split(/\s+/).filter((word) => word !== "");
  if (first === undefined || others.length >= MOST_KEYS) throw notAKey(description);
  const parse = (word: string): SealingKey => {
    if (!KEY_TEXT.test(word)) throw notAKey(description);
    return keyOfBytes(Buffer.from(word, "base64"), description);
  };
  return [parse(first), ...others.map(parse)];
}

function keyOfBytes(bytes: Uint8Array, description: string): SealingKey {
  if (bytes.byteLength !== KEY_BYTES) throw notAKey(description);
  return sealingKey(bytes);
}

function notAKey(description: string): SlipwayError {
  return invalidKey(
    `${description} does not hold a key: ${KEY_BYTES} bytes in base64`,
    "Restore it from a copy. Only if it has sealed no secret yet, use the output of `openssl rand -base64 32`.",
  );
}

export function invalidKey(message: string, remedy?: string): SlipwayError {
  return new SlipwayError({
    code: "FAILED_PRECONDITION",
    reason: "SECRET_KEY_INVALID",
    message,
    ...(remedy === undefined ? {} : { remedy }),
  });
}
