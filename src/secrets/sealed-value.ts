/** A secret's value at rest, as `sealing.ts` makes it. */
export interface SealedValue {
  readonly keyId: string;
  readonly nonce: Uint8Array;
  /** The ciphertext followed by its authentication tag. */
  readonly ciphertext: Uint8Array;
}

/** Where sealed values are read. One method is one transaction. */
export interface SealedValues {
  /** The sealed value of a secret; null for a secret that does not exist. */
  sealedValue(tenant: string, name: string): Promise<SealedValue | null>;
  /** The ids of the keys with which the values of all tenants are sealed. */
  sealingKeys(): Promise<readonly string[]>;
}
