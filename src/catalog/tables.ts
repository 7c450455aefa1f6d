/**
 * What a catalog is made of, inside one transaction. The rules are in `transitions.ts` and the same for every store;
 * a store brings these few operations and a way to run them all or nothing.
 */
import type { JsonObject } from "../errors.ts";
import type { CatalogKind } from "./kinds.ts";

export interface RecordKey {
  readonly kind: CatalogKind;
  readonly name: string;
}

/** A record's key, with whose it is. */
export interface RecordId extends RecordKey {
  readonly tenant: string;
}

/** A record as it lies in the store: fields in snake_case. */
export interface StoredRecord {
  readonly name: string;
  readonly generation: number;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly updatedBy: string;
  readonly fields: JsonObject;
}

/** One generation in a record's history. `fields` is null for a deletion. */
export interface StoredGeneration {
  readonly generation: number;
  readonly at: string;
  readonly by: string;
  readonly fields: JsonObject | null;
}

/** A secret's value, sealed: see `secrets/sealing.ts`. */
export interface SealedValue {
  readonly keyId: string;
  readonly nonce: Uint8Array;
  /** The ciphertext and, behind it, its authentication tag. */
  readonly ciphertext: Uint8Array;
}

/** Valid inside its transaction only. */
export interface CatalogReading {
  find(id: RecordId): StoredRecord | null;
  /** The record's generation, without reading it; null where there is none. */
  generation(id: RecordId): number | null;
  /** Whether the record exists, without reading it. */
  has(id: RecordId): boolean;
  /** By name, those after `after` first, at most `limit`. */
  page(range: {
    readonly tenant: string;
    readonly kind: CatalogKind;
    readonly after: string;
    readonly limit: number;
  }): readonly StoredRecord[];
  /** Newest first; empty for a name that was never used. */
  history(id: RecordId): readonly StoredGeneration[];
  /** Records that refer to this one, by kind and name, at most `limit`. */
  referrers(id: RecordId, limit: number): readonly RecordKey[];
  findSealed(tenant: string, name: string): SealedValue | null;
  /** The keys with which the values of all tenants are sealed. */
  sealingKeys(): readonly string[];
}

export interface CatalogWriting extends CatalogReading {
  /** The latest generation that the name has had, deletions included; 0 for a new one. */
  lastGeneration(id: RecordId): number;
  /** Stores the record, its generation in the history, and whom it refers to. */
  put(id: RecordId, record: StoredRecord, references: readonly RecordKey[]): void;
  /** Removes the record, what it refers to, and a secret's value; the deletion goes into the history. */
  remove(id: RecordId, deletion: StoredGeneration): void;
  putSealed(tenant: string, name: string, sealed: SealedValue): void;
}

/** Runs work on the tables, all of it or nothing; nobody else's work comes in between. */
export interface CatalogTransactions {
  read<T>(work: (tables: CatalogReading) => T): Promise<T>;
  write<T>(work: (tables: CatalogWriting) => T): Promise<T>;
  /** Another one once somebody's write, here or in another process, is acknowledged; it may change without one too. */
  version(): Promise<string>;
}
