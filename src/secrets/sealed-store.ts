/**
 * The values of the tenants' secrets, sealed and stored with their records in the catalog. Listings show only the
 * records; a value can be read only here.
 */
import { randomBytes } from "node:crypto";
import { invalidArgument, SlipwayError } from "../errors.ts";
import type { KeySource } from "./key-file.ts";
import type { SealedValue, SealedValues } from "./sealed-value.ts";
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
}

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
  // A loaded key never changes during the life of a process; a missing key is looked up again.
  let known: SealingKey | null = null;
  const load = async (): Promise<SealingKey | null> => {
    known ??= await keys.load();
    return known;
  };
  const loadOrCreate = async (): Promise<SealingKey> => {
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
      const key = await loadOrCreate();
      return seal(key, secret, { value: bytes, nonce: random(NONCE_BYTES) });
    },
    async get(tenant, name) {
      const secret = { tenant, name };
      const sealed = await values.sealedValue(tenant, name);
      if (sealed === null) throw secretNotFound(secret);
      const key = await load();
      if (key === null) throw keyMissing(secret, keys);
      if (key.id !== sealed.keyId)
        throw otherKey(secret, keys, { is: key.id, needs: sealed.keyId });
      const bytes = unseal(key, secret, sealed);
      if (bytes === null) throw unreadable(secret);
      return new SecretValue(bytes);
    },
    async holds(secret, value) {
      const sealed = await values.sealedValue(secret.tenant, secret.name);
      if (sealed === null) return false;
      const key = await load();
      if (key === null) throw keyMissing(secret, keys);
      if (key.id !== sealed.keyId) return false;
      const bytes = unseal(key, secret, sealed);
      return bytes !== null && Buffer.compare(bytes, value.revealBytes()) === 0;
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
    remedy: "Name the right key file with `--key-file`, or restore it from a copy.",
    metadata: { kind: "secret", name },
  });
}

function keyLost(keys: KeySource, inUse: readonly string[]): SlipwayError {
  return new SlipwayError({
    code: "FAILED_PRECONDITION",
    reason: "SECRET_KEY_MISSING",
    message: `this database has secrets sealed with key ${inUse.join(", ")}, and ${keys.description} does not exist`,
    remedy:
      "Name the right key file with `--key-file`, or restore it from a copy. If it is lost, put a new key there (32 random bytes in base64, mode 0600) and set every secret again.",
    metadata: { key_ids: inUse },
  });
}

function otherKey(
  { name }: SecretName,
  keys: KeySource,
  ids: { readonly is: string; readonly needs: string },
): SlipwayError {
  return new SlipwayError({
    code: "FAILED_PRECONDITION",
    reason: "SECRET_KEY_INVALID",
    message: `secret ${name} is sealed with key ${ids.needs}, but ${keys.description} holds key ${ids.is}`,
    remedy: "Name the right key file with `--key-file`, or set the secret again.",
    metadata: { kind: "secret", name, key_id: ids.needs },
  });
}

function unreadable({ name }: SecretName): SlipwayError {
  return new SlipwayError({
    code: "FAILED_PRECONDITION",
    reason: "SECRET_UNREADABLE",
    message: `secret ${name} was changed or damaged in storage`,
    remedy: "Set the secret again.",
    metadata: { kind: "secret", name },
  });
}
