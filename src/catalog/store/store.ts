/** The catalog's port to its storage: versioned records of many tenants. Each method is one transaction. */
import type { CatalogKind, CatalogKinds, CatalogRecord, HistoryEntry } from "../kinds.ts";
import type { SealedValue, SealedValues } from "../../secrets/sealed-value.ts";
import type { RecordKey } from "../tables.ts";

/** The author, time and condition of a write. */
export interface WriteTerms {
  readonly tenant: string;
  /** If given, the record must be at this generation (0: it must not exist). */
  readonly ifGeneration?: number;
  /** UTC, ISO 8601. */
  readonly at: string;
  readonly by: string;
}

export interface RecordWrite<K extends CatalogKind> extends WriteTerms {
  readonly kind: K;
  /** The whole record, validated by `parse.ts`. */
  readonly fields: CatalogKinds[K];
  /** The value of a secret, stored next to its record. Without it, the stored value stays. */
  readonly sealed?: SealedValue;
}

export interface RecordDeletion extends WriteTerms {
  readonly kind: CatalogKind;
  readonly name: string;
  /** Whether to delete a workspace or placement that has live machines. Default false. */
  readonly force?: boolean;
}

/** The write of one of several records that change together. */
export interface RecordApplication<K extends CatalogKind = CatalogKind> extends RecordWrite<K> {
  /** Whether a secret's stored value is another one. `sealed` then has the new one, except in a dry run. */
  readonly changesValue: boolean;
  /** Where the record is written, such as `records.yaml:12`: every error about it starts with this. */
  readonly origin: string;
}

/** The effect of writing one of several records. */
export interface AppliedRecord<K extends CatalogKind = CatalogKind> {
  readonly kind: K;
  readonly name: string;
  readonly change: "created" | "configured" | "unchanged";
  /** Whether a secret's value changes. */
  readonly changesValue: boolean;
  /** Null for a new record, and for one whose stored fields violate the catalog's rules. */
  readonly previous: CatalogRecord<K> | null;
  readonly record: CatalogRecord<K>;
}

/** A consistent snapshot of records. */
export interface LinkedRecords {
  /** Null for a record that does not exist or that the start record does not refer to. */
  find<K extends CatalogKind>(kind: K, name: string): CatalogRecord<K> | null;
}

/**
 * Built-in records are read like any other. Returned records are in camelCase and deep-frozen. Every record is
 * validated when it is read; one that violates the rules throws `FAILED_PRECONDITION` / `STORAGE_DAMAGED`.
 */
export interface CatalogStore extends SealedValues {
  /**
   * Creates or replaces the record.
   *
   * @throws `FAILED_PRECONDITION` / `RECORD_IMMUTABLE` for a baked image, `LINK_MISSING` naming each record that it
   * refers to and that does not exist, `SUBSTRATE_MISMATCH`; `ABORTED` / `GENERATION_MISMATCH`
   */
  set<K extends CatalogKind>(write: RecordWrite<K>): Promise<CatalogRecord<K>>;

  /**
   * Writes the records in the given order, all of them or none. A record that already is as written keeps its
   * generation.
   *
   * @param dryRun make every check and return the same result, but write nothing
   * @throws what {@link CatalogStore.set} throws; `ALREADY_EXISTS` / `NAME_CLASH` if a baked image would replace a
   * hand-written one
   */
  apply(
    writes: readonly RecordApplication[],
    options: { readonly dryRun: boolean },
  ): Promise<readonly AppliedRecord[]>;

  /**
   * Creates a baked image. Recording the same image again returns the existing record.
   *
   * @throws `FAILED_PRECONDITION` / `RECORD_IMMUTABLE` if the name belongs to another bake, `ALREADY_EXISTS` /
   * `NAME_CLASH` if it belongs to a hand-written image
   */
  setBaked(write: RecordWrite<"image">): Promise<CatalogRecord<"image">>;

  /** Null if the record does not exist. */
  get<K extends CatalogKind>(
    tenant: string,
    kind: K,
    name: string,
  ): Promise<CatalogRecord<K> | null>;

  /** A consistent snapshot of the record and all records that it refers to, directly or indirectly. */
  linked(tenant: string, key: RecordKey): Promise<LinkedRecords>;

  /** A consistent snapshot of the records' generations, in the given order; null for a record that does not exist. */
  generations(tenant: string, keys: readonly RecordKey[]): Promise<readonly (number | null)[]>;

  /** Records sorted by name, starting after `after`. */
  list<K extends CatalogKind>(
    tenant: string,
    kind: K,
    page: { readonly after: string; readonly limit: number },
  ): Promise<readonly CatalogRecord<K>[]>;

  /**
   * @throws `NOT_FOUND`; `FAILED_PRECONDITION` / `RECORD_IMMUTABLE` for a baked image, `RECORD_IN_USE` naming the
   * referrers, or `RECORD_HAS_MACHINES`; `ABORTED` / `GENERATION_MISMATCH`
   */
  delete(deletion: RecordDeletion): Promise<void>;

  /** The record's generations, newest first, including deletions; empty for a name that was never used. */
  history<K extends CatalogKind>(
    tenant: string,
    kind: K,
    name: string,
  ): Promise<readonly HistoryEntry<K>[]>;
}
