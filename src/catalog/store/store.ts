/** The port behind the catalog: versioned records of many tenants. One method is one transaction. */
import type { CatalogKind, CatalogKinds, CatalogRecord, HistoryEntry } from "../kinds.ts";
import type { RecordKey, SealedValue } from "../tables.ts";

/** Who writes, when, and on what condition. */
export interface WriteTerms {
  readonly tenant: string;
  /** The generation that the record must have (0: it must not exist). */
  readonly ifGeneration?: number;
  /** UTC, ISO 8601. */
  readonly at: string;
  readonly by: string;
}

export interface RecordWrite<K extends CatalogKind> extends WriteTerms {
  readonly kind: K;
  /** The whole record, judged by `parse.ts` before. */
  readonly fields: CatalogKinds[K];
  /** The value of a secret, to be stored beside its record. Without it, the value that is there stays. */
  readonly sealed?: SealedValue;
}

export interface RecordDeletion extends WriteTerms {
  readonly kind: CatalogKind;
  readonly name: string;
}

/** Records of one moment. */
export interface LinkedRecords {
  /** Null for what does not exist, or was not led to. */
  find<K extends CatalogKind>(kind: K, name: string): CatalogRecord<K> | null;
}

/**
 * Built-in records are read like any other. Records are in camelCase and deep-frozen; they were judged again when they
 * were read, and one that breaks the rules is `FAILED_PRECONDITION` / `STORAGE_DAMAGED`.
 */
export interface CatalogStore {
  /**
   * Replaces the record, or makes it.
   *
   * @throws `FAILED_PRECONDITION` / `RECORD_IMMUTABLE` for a baked image, `LINK_MISSING` naming each record that it
   * refers to and that does not exist, `SUBSTRATE_MISMATCH`; `ABORTED` / `GENERATION_MISMATCH`
   */
  set<K extends CatalogKind>(write: RecordWrite<K>): Promise<CatalogRecord<K>>;

  /**
   * Makes a baked image. The same once more is the record that is there.
   *
   * @throws `FAILED_PRECONDITION` / `RECORD_IMMUTABLE` where the name holds another bake, `ALREADY_EXISTS` /
   * `NAME_CLASH` where it holds a hand-written image
   */
  setBaked(write: RecordWrite<"image">): Promise<CatalogRecord<"image">>;

  /** Null for what does not exist. */
  get<K extends CatalogKind>(
    tenant: string,
    kind: K,
    name: string,
  ): Promise<CatalogRecord<K> | null>;

  /** The record and everything that it leads to, as they were at one moment. */
  linked(tenant: string, key: RecordKey): Promise<LinkedRecords>;

  /** The generation that each record has at one moment, in their order; null for what does not exist. */
  generations(tenant: string, keys: readonly RecordKey[]): Promise<readonly (number | null)[]>;

  /** By name, those after `after` first. */
  list<K extends CatalogKind>(
    tenant: string,
    kind: K,
    page: { readonly after: string; readonly limit: number },
  ): Promise<readonly CatalogRecord<K>[]>;

  /**
   * @throws `NOT_FOUND`; `FAILED_PRECONDITION` / `RECORD_IMMUTABLE` for a baked image, `RECORD_IN_USE` naming who
   * refers to it; `ABORTED` / `GENERATION_MISMATCH`
   */
  delete(deletion: RecordDeletion): Promise<void>;

  /** Newest first, deletions among them; empty for a name that was never used. */
  history<K extends CatalogKind>(
    tenant: string,
    kind: K,
    name: string,
  ): Promise<readonly HistoryEntry<K>[]>;

  /** The sealed value of a secret; null for a secret that does not exist. */
  sealedValue(tenant: string, name: string): Promise<SealedValue | null>;

  /** The ids of the keys with which the values of all tenants are sealed. */
  sealingKeys(): Promise<readonly string[]>;
}
