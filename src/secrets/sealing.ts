/**
 * Secrets at rest: AES-256-GCM with a random nonce for each value. The tenant and name are associated data, so a
 * sealed value that was moved to another name cannot be unsealed.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createSecretKey,
  type KeyObject,
} from "node:crypto";
import type { SealedValue } from "./sealed-value.ts";

const CIPHER = "aes-256-gcm";
export const KEY_BYTES = 32;
export const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export interface SealingKey {
  /** Identifies the key without revealing it: stored with each value and printed in errors. */
  readonly id: string;
  readonly key: KeyObject;
}

/** Identifies a secret. */
export interface SecretName {
  readonly tenant: string;
  readonly name: string;
}

/** @param bytes 32 random bytes */
export function sealingKey(bytes: Uint8Array): SealingKey {
  if (bytes.byteLength !== KEY_BYTES) throw new RangeError(`a key has ${KEY_BYTES} bytes`);
  const id = createHash("sha256").update("slipway sealing key\n").update(bytes).digest("hex");
  return { id: id.slice(0, 16), key: createSecretKey(bytes) };
}

/** @param nonce 12 random bytes, never used with this key before */
export function seal(
  { id, key }: SealingKey,
  secret: SecretName,
  content: { readonly value: Uint8Array; readonly nonce: Uint8Array },
): SealedValue {
  const { value, nonce } = content;
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(associatedData(secret));
  const ciphertext = Buffer.concat([cipher.update(value), cipher.final(), cipher.getAuthTag()]);
  return { keyId: id, nonce, ciphertext };
}

/** Unseals a value; null if it was sealed with another key or under another name, or was changed since. */
export function unseal(
  { key }: SealingKey,
  secret: SecretName,
  { nonce, ciphertext }: SealedValue,
): Uint8Array | null {
  if (nonce.byteLength !== NONCE_BYTES || ciphertext.byteLength < TAG_BYTES) return null;
  const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(associatedData(secret));
  decipher.setAuthTag(ciphertext.subarray(-TAG_BYTES));
  const begun = decipher.update(ciphertext.subarray(0, -TAG_BYTES));
  try {
    return Buffer.concat([begun, decipher.final()]);
  } catch {
    // `final` throws only if the tag does not authenticate the data.
    return null;
  }
}

/** JSON is unambiguous for any tenant and name. */
function associatedData({ tenant, name }: SecretName): Buffer {
  return Buffer.from(JSON.stringify(["slipway secret", tenant, name]));
}
