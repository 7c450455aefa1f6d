/** A secret's value at rest, as `sealing.ts` creates it. */
export interface SealedValue {
  readonly keyId: string;
  readonly nonce: Uint8Array;
  /** The ciphertext followed by its authentication tag. */
  readonly ciphertext: Uint8Array;
}

/** A sealed value with the secret that it belongs to. */
export interface SealedSecret {
  readonly tenant: string;
  readonly name: string;
  readonly sealed: SealedValue;
}

/** The sealed values. Each method is one transaction. */
export interface SealedValues {
  /** The sealed value of a secret; null if the secret does not exist. */
  sealedValue(tenant: string, name: string): Promise<SealedValue | null>;
  /** The ids of all keys that seal values, across tenants. */
  sealingKeys(): Promise<readonly string[]>;
  /**
   * Replaces values, of any tenant, that are sealed with one of these keys. Nothing else of their records changes.
   *
   * @param most how many values to replace at once
   * @param reseal synchronous; if it throws, nothing is replaced
   * @returns how many it replaced; fewer than `most` if no others are left
   */
  reseal(
    keyIds: readonly string[],
    most: number,
    reseal: (secret: SealedSecret) => SealedValue,
  ): Promise<number>;
}
