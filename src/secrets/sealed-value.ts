/** A secret's value at rest, as `sealing.ts` creates it. */
export interface SealedValue {
  readonly keyId: string;
  readonly nonce: Uint8Array;
  /** The ciphertext followed by its authentication tag. */
  readonly ciphertext: Uint8Array;
}

/** Read access to the sealed values. Each method is one transaction. */
export interface SealedValues {
  /** The sealed value of a secret; null if the secret does not exist. */
  sealedValue(tenant: string, name: string): Promise<SealedValue | null>;
  /** The ids of all keys that seal values, across tenants. */
  sealingKeys(): Promise<readonly string[]>;
}
