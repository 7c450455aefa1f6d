/**
 * The operations on a catalog's tables inside one transaction. A store implements these few operations and atomic
 * transactions; the rules in `transitions.ts` are the same for every store.
 */
import type { SealedSecret, SealedValue } from "../secrets/sealed-value.ts";
import type { JsonObject } from "../errors.ts";
import type { CatalogKind } from "./kinds.ts";

export interface RecordKey {
  readonly kind: CatalogKind;
  readonly name: string;
}

/** A record's key with its tenant. */
export interface RecordId extends RecordKey {
  readonly tenant: string;
}

/** A record as it is stored, with its fields in snake_case. */
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

/** Spawns that have not ended and that depend on a record. */
export interface LiveMachines {
  readonly count: number;
  /** Their workspaces, sorted. */
  readonly workspaces: readonly string[];
}

export const NO_MACHINES: LiveMachines = { count: 0, workspaces: [] };

/** Valid only inside its transaction. */
export interface CatalogReading {
  find(id: RecordId): StoredRecord | null;
  /** The record's generation, without reading its fields; null if it does not exist. */
  generation(id: RecordId): number | null;
  /** Whether the record exists, without reading its fields. */
  has(id: RecordId): boolean;
  /** Records sorted by name, starting after `after`, at most `limit`. */
  page(range: {
    readonly tenant: string;
    readonly kind: CatalogKind;
    readonly after: string;
    readonly limit: number;
  }): readonly StoredRecord[];
  /** The latest generation that the name has had, deletions included; 0 for a new one. */
  lastGeneration(id: RecordId): number;
  /** The record's generations, newest first; empty for a name that was never used. */
  history(id: RecordId): readonly StoredGeneration[];
  /** Records that refer to this one, sorted by kind and name, at most `limit`. */
  referrers(id: RecordId, limit: number): readonly RecordKey[];
  /** The live machines of the ledger in the same database; none without one. */
  liveMachines(id: RecordId): LiveMachines;
  findSealed(tenant: string, name: string): SealedValue | null;
  /** The ids of the keys that seal values of any tenant. */
  sealingKeys(): readonly string[];
  /** Values of any tenant that are sealed with one of these keys, at most `limit`. */
  sealedWith(keyIds: readonly string[], limit: number): readonly SealedSecret[];
}

export interface CatalogWriting extends CatalogReading {
  /** Stores the record and its references, and adds the generation to the history. */
  put(id: RecordId, record: StoredRecord, references: readonly RecordKey[]): void;
  /** Removes the record, its references and a secret's value, and adds the deletion to the history. */
  remove(id: RecordId, deletion: StoredGeneration): void;
  putSealed(tenant: string, name: string, sealed: SealedValue): void;
}

/** The operations that setting a record takes. */
export type RecordTables = Pick<
  CatalogWriting,
  "find" | "has" | "page" | "lastGeneration" | "put" | "putSealed"
>;

/** Runs atomic, isolated transactions on the tables. */
export interface CatalogTransactions {
  read<T>(work: (tables: CatalogReading) => T): Promise<T>;
  write<T>(work: (tables: CatalogWriting) => T): Promise<T>;
  /** A value that changes after every acknowledged write, in this or another process. It may also change without one. */
  version(): Promise<string>;
}
