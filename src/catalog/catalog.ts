/** The catalog's interface for programs and the command line: one tenant's records, validated before each write. */
import type { SecretValue } from "../secret-value.ts";
import type { ApplyOptions } from "./apply.ts";
import type { Assignments } from "./assignments.ts";
import type { Bake } from "./bake.ts";
import type { CatalogBodies, CatalogKind, CatalogRecord, HistoryEntry } from "./kinds.ts";
import type { AppliedRecord, LinkedRecords } from "./store/store.ts";

export type { ApplyOptions } from "./apply.ts";
export type { Assignments } from "./assignments.ts";
export type { Bake } from "./bake.ts";
export type { AppliedRecord } from "./store/store.ts";

export interface WriteOptions {
  /**
   * Write only if the record is at this generation (0: only if it does not exist); otherwise `ABORTED` /
   * `GENERATION_MISMATCH`.
   */
  readonly ifGeneration?: number;
  /** Author recorded in the history; default: the catalog's actor. */
  readonly actor?: string;
}

export interface DeleteOptions extends WriteOptions {
  /** Delete a workspace or placement even if it has live machines, which stay. Default false. */
  readonly force?: boolean;
}

/** Options of the methods that write a whole record. */
export interface SetOptions extends WriteOptions {
  /** If given, the body must have this name. */
  readonly name?: string;
}

/**
 * The catalog of one tenant. Returned records use camelCase and are deep-frozen. Every method rejects only with a
 * `SlipwayError`.
 */
export interface Catalog {
  readonly tenant: string;

  /**
   * Writes a whole record; a field that the body omits is unset.
   *
   * @param body the record in camelCase; for a secret, with `plaintextValue`
   * @throws `INVALID_ARGUMENT` / `INVALID_RECORD` (message: the first violation; `metadata.violations`: all of them),
   * `FAILED_PRECONDITION` / `LINK_MISSING`, `RECORD_IMMUTABLE`, `PERMISSION_DENIED` / `RECORD_BUILT_IN`, `ABORTED`
   */
  set<K extends CatalogKind>(
    kind: K,
    body: CatalogBodies[K],
    options?: SetOptions,
  ): Promise<CatalogRecord<K>>;

  /**
   * Writes a whole record from a document of unknown form, such as a parsed file, in snake_case or camelCase. Everything
   * else is as with `set`.
   */
  setDocument<K extends CatalogKind>(
    kind: K,
    document: unknown,
    options?: SetOptions,
  ): Promise<CatalogRecord<K>>;

  /**
   * Writes the records of several documents, all of them or none, in an order in which each record follows those that
   * it refers to. A record that already is as written keeps its generation. A secret's document may omit the value of
   * an existing secret; a baked image's document is written as {@link Catalog.recordBake} does.
   *
   * @param documents the records, each with its kind beside its fields
   * @returns the effect on each record, in the order of the documents
   * @throws what {@link Catalog.set} throws, with the document's origin in front of the message; if several documents
   * are invalid, `INVALID_ARGUMENT` / `INVALID_RECORD` with all of them in `metadata.failures`
   */
  apply(documents: readonly unknown[], options?: ApplyOptions): Promise<readonly AppliedRecord[]>;

  /** Writes a secret's value and replaces its description; without one, the description is unset. */
  setSecret(
    name: string,
    value: SecretValue,
    options?: WriteOptions & { readonly description?: string },
  ): Promise<CatalogRecord<"secret">>;

  /**
   * Changes only the named fields. Concurrent writes to other fields are kept.
   *
   * @param assignments JSON values keyed by snake_case path (`aws.ami_ids.us-east-1`); null unsets the field
   */
  patch<K extends CatalogKind>(
    kind: K,
    name: string,
    assignments: Assignments,
    options?: WriteOptions,
  ): Promise<CatalogRecord<K>>;

  /** @throws `NOT_FOUND` / `RECORD_NOT_FOUND` */
  get<K extends CatalogKind>(kind: K, name: string): Promise<CatalogRecord<K>>;

  /** A consistent snapshot of the record and all records that it refers to, directly or indirectly. */
  linked(kind: CatalogKind, name: string): Promise<LinkedRecords>;

  /** A consistent snapshot of the records' generations, in the given order; null for a record that does not exist. */
  generations(
    records: readonly { readonly kind: string; readonly name: string }[],
  ): Promise<readonly (number | null)[]>;

  /** Lists all records of a kind, sorted by name. */
  list<K extends CatalogKind>(kind: K): Promise<readonly CatalogRecord<K>[]>;

  /**
   * @throws `NOT_FOUND`, `FAILED_PRECONDITION` / `RECORD_IN_USE` (naming the referrers), `RECORD_IMMUTABLE` or
   * `RECORD_HAS_MACHINES`
   */
  delete(kind: CatalogKind, name: string, options?: DeleteOptions): Promise<void>;

  /** The record's generations, newest first, including deletions. @throws `NOT_FOUND` if the name was never used */
  history<K extends CatalogKind>(kind: K, name: string): Promise<readonly HistoryEntry<K>[]>;

  /**
   * Records the image of a bake. Recording the same bake again is a no-op.
   *
   * @throws `FAILED_PRECONDITION` / `RECORD_IMMUTABLE` if the name belongs to another bake, `ALREADY_EXISTS` /
   * `NAME_CLASH` if it belongs to a hand-written image
   */
  recordBake(bake: Bake, options?: Pick<WriteOptions, "actor">): Promise<CatalogRecord<"image">>;
}
