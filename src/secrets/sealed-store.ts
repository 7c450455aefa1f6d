/**
 * The values of the tenants' secrets, sealed and stored with their records in the catalog. Listings show only the
 * records; a value can be read only here.
 */
import { randomBytes } from "node:crypto";
import { invalidArgument, SlipwayError } from "../errors.ts";
import type { KeySource, SealingKeys } from "./key-source.ts";
import type { SealedSecret, SealedValue, SealedValues } from "./sealed-value.ts";
import { NONCE_BYTES, seal, unseal } from "./sealing.ts";
import type { SealingKey, SecretName } from "./sealing.ts";
import { SecretValue } from "../secret-value.ts";

export interface SecretStore {
  /**
   * Seals a value for the secret's record. The first call creates the key.
   *
   * @throws SlipwayError `INVALID_ARGUMENT` for an empty value; `FAILED_PRECONDITION` / `SECRET_KEY_INVALID`,
   * `SECRET_KEY_MISSING`
   */
  seal(secret: SecretName, value: SecretValue): Promise<SealedValue>;

  /**
   * Reads and unseals a secret's value.
   *
   * @throws SlipwayError `NOT_FOUND` / `SECRET_NOT_FOUND`; `FAILED_PRECONDITION` / `SECRET_KEY_MISSING`,
   * `SECRET_KEY_INVALID` (sealed with another key), `SECRET_UNREADABLE` (the stored value was changed)
   */
  get(tenant: string, name: string): Promise<SecretValue>;

  /**
   * Whether the secret has this value. One that is sealed with another key or was damaged does not.
   *
   * @throws SlipwayError `FAILED_PRECONDITION` / `SECRET_KEY_MISSING`, `SECRET_KEY_INVALID`
   */
  holds(secret: SecretName, value: SecretValue): Promise<boolean>;

  /**
   * Seals every secret of every tenant again, with a new key. All can be read throughout, by other processes too. If it
   * is interrupted, the next call continues.
   *
   * @throws SlipwayError `FAILED_PRECONDITION` / `SECRET_KEY_MISSING`; `SECRET_KEY_INVALID` if a secret is sealed with a
   * key that is not here, and nothing has changed; `SECRET_UNREADABLE`, and the secrets before it are sealed again
   */
  rotateKey(): Promise<KeyRotated>;
}

export interface KeyRotated {
  /** Identifies the key that seals now, without revealing it. */
  readonly keyId: string;
  readonly resealed: number;
}

/** A transaction stops other writers, so it must be short. */
const RESEALED_AT_ONCE = 50;

/**
 * Creates the store.
 *
 * @param random returns the given number of random bytes; default: the system's generator
 */
export function createSealedStore(
  values: SealedValues,
  keys: KeySource,
  random: (size: number) => Uint8Array = randomBytes,
): SecretStore {
  let known: SealingKeys | null = null;
  const load = async (): Promise<SealingKeys | null> => {
    known = await keys.load();
    return known;
  };
  /** Of this process's own copy: another process may have rotated the key since it was made. */
  const keyOf = async (secret: SecretName, { keyId }: SealedValue): Promise<SealingKey> => {
    const find = (from: SealingKeys | null) => from?.find(({ id }) => id === keyId);
    const key = find(known) ?? find(await load());
    if (key !== undefined) return key;
    if (known === null) throw keyMissing(secret, keys);
    throw otherKey(secret, keys, { are: known, needs: keyId });
  };
  const loadOrCreate = async (): Promise<SealingKeys> => {
    const loaded = await load();
    if (loaded !== null) return loaded;
    const inUse = await values.sealingKeys();
    if (inUse.length > 0) throw keyLost(keys, inUse);
    known = await keys.create();
    return known;
  };
  return {
    async seal(secret, value) {
      const bytes = value.revealBytes();
      if (bytes.byteLength === 0) throw emptyValue(secret);
      // Loaded each time, because what is sealed with a key that has been replaced would soon be unreadable.
      const [key] = await loadOrCreate();
      return seal(key, secret, { value: bytes, nonce: random(NONCE_BYTES) });
    },
    async get(tenant, name) {
      const secret = { tenant, name };
      const sealed = await values.sealedValue(tenant, name);
      if (sealed === null) throw secretNotFound(secret);
      const bytes = unseal(await keyOf(secret, sealed), secret, sealed);
      if (bytes === null) throw unreadable(secret);
      return new SecretValue(bytes);
    },
    async holds(secret, value) {
      const sealed = await values.sealedValue(secret.tenant, secret.name);
      if (sealed === null) return false;
      known ??= await load();
      if (known === null) throw keyMissing(secret, keys);
      const key = known.find(({ id }) => id === sealed.keyId);
      if (key === undefined) return false;
      const bytes = unseal(key, secret, sealed);
      return bytes !== null && Buffer.compare(bytes, value.revealBytes()) === 0;
    },
    async rotateKey() {
      const held = await loadOrCreate();
      const inUse = await values.sealingKeys();
      const foreign = inUse.filter((id) => held.every((key) => key.id !== id));
      if (foreign.length > 0) throw foreignKeys(keys, held, foreign);
      const rotation = await keys.rotate();
      known = rotation.keys;
      const [key, ...others] = rotation.keys;
      const reseal = (secret: SealedSecret): SealedValue => {
        const used = rotation.keys.find(({ id }) => id === secret.sealed.keyId);
        const bytes = used === undefined ? null : unseal(used, secret, secret.sealed);
        if (bytes === null) throw unreadable(secret);
        return seal(key, secret, { value: bytes, nonce: random(NONCE_BYTES) });
      };
      // Not every key but the new one: another process may have begun the next rotation, whose key is not known here.
      const replaced = others.map(({ id }) => id);
      let resealed = 0;
      for (let count = RESEALED_AT_ONCE; count === RESEALED_AT_ONCE; resealed += count)
        count = await values.reseal(replaced, RESEALED_AT_ONCE, reseal);
      await rotation.finish();
      return { keyId: key.id, resealed };
    },
  };
}

function secretNotFound({ name }: SecretName): SlipwayError {
  return new SlipwayError({
    code: "NOT_FOUND",
    reason: "SECRET_NOT_FOUND",
    message: `secret ${JSON.stringify(name)} does not exist`,
    remedy: "Set it with `slipway set secret NAME < value`.",
    metadata: { kind: "secret", name },
  });
}

function emptyValue({ name }: SecretName): SlipwayError {
  return invalidArgument(
    "INVALID_RECORD",
    `the value of secret ${name} is empty`,
    "Give the value on standard input.",
    { kind: "secret", name },
  );
}

function keyMissing({ name }: SecretName, keys: KeySource): SlipwayError {
  return new SlipwayError({
    code: "FAILED_PRECONDITION",
    reason: "SECRET_KEY_MISSING",
    message: `secret ${name} is sealed, and ${keys.description} does not exist`,
    remedy: `${keys.choose}, or restore it from a copy.`,
    metadata: { kind: "secret", name },
  });
}

function keyLost(keys: KeySource, inUse: readonly string[]): SlipwayError {
  return new SlipwayError({
    code: "FAILED_PRECONDITION",
    reason: "SECRET_KEY_MISSING",
    message: `this database has secrets sealed with key ${inUse.join(", ")}, and ${keys.description} does not exist`,
    remedy: `${keys.choose}, or restore it from a copy. If it is lost, put a new key there (32 random bytes in base64, mode 0600) and set every secret again.`,
    metadata: { key_ids: inUse },
  });
}

function otherKey(
  { name }: SecretName,
  keys: KeySource,
  ids: { readonly are: SealingKeys; readonly needs: string },
): SlipwayError {
  return new SlipwayError({
    code: "FAILED_PRECONDITION",
    reason: "SECRET_KEY_INVALID",
    message: `secret ${name} is sealed with key ${ids.needs}, but ${keys.description} holds ${named(ids.are)}`,
    remedy: `${keys.choose}, or set the secret again.`,
    metadata: { kind: "secret", name, key_id: ids.needs },
  });
}

function foreignKeys(keys: KeySource, held: SealingKeys, foreign: readonly string[]): SlipwayError {
  return new SlipwayError({
    code: "FAILED_PRECONDITION",
    reason: "SECRET_KEY_INVALID",
    message: `this database has secrets sealed with key ${foreign.join(", ")}, but ${keys.description} holds ${named(held)}`,
    remedy:
      "Add that key to it on a line of its own, or set those secrets again. Nothing has changed.",
    metadata: { key_ids: foreign },
  });
}

function named(keys: SealingKeys): string {
  return `${keys.length === 1 ? "key" : "keys"} ${keys.map(({ id }) => id).join(", ")}`;
}

function unreadable({ tenant, name }: SecretName): SlipwayError {
  return new SlipwayError({
    code: "FAILED_PRECONDITION",
    reason: "SECRET_UNREADABLE",
    message: `secret ${name} of tenant ${tenant} was changed or damaged in storage`,
    remedy: "Set the secret again.",
    metadata: { kind: "secret", name, tenant },
  });
}
