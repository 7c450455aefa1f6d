/** The catalog as programs and the command line use it: one tenant's records, judged before they are written. */
import type { SecretValue } from "../secret-value.ts";
import type { Assignments } from "./assignments.ts";
import type { Bake } from "./bake.ts";
import type { CatalogKind, CatalogRecord, HistoryEntry } from "./kinds.ts";
import type { LinkedRecords } from "./store/store.ts";

export type { Assignments } from "./assignments.ts";
export type { Bake } from "./bake.ts";

export interface WriteOptions {
  /**
   * Write only where the record is at this generation (0: where it does not exist); otherwise `ABORTED` /
   * `GENERATION_MISMATCH`.
   */
  readonly ifGeneration?: number;
  /** Who writes; default: whom the catalog was made for. */
  readonly actor?: string;
}

/**
 * The catalog of one tenant. Bodies are taken in snake_case or camelCase; records are given in camelCase, deep-frozen.
 * Every method rejects with a `SlipwayError`.
 */
export interface Catalog {
  readonly tenant: string;

  /**
   * Writes a whole record; what the body leaves out is unset.
   *
   * @param body the resource; for a secret, with `plaintext_value`
   * @throws `INVALID_ARGUMENT` / `INVALID_RECORD` (message: the first broken rule; `metadata.violations`: all),
   * `FAILED_PRECONDITION` / `LINK_MISSING`, `RECORD_IMMUTABLE`, `PERMISSION_DENIED` / `RECORD_BUILT_IN`, `ABORTED`
   */
  set<K extends CatalogKind>(
    kind: K,
    body: unknown,
    options?: WriteOptions & {
      /** The name that the body must have. */
      readonly name?: string;
    },
  ): Promise<CatalogRecord<K>>;

  /** Writes a secret's value and, as a full replacement, its description. */
  setSecret(
    name: string,
    value: SecretValue,
    options?: WriteOptions & { readonly description?: string },
  ): Promise<CatalogRecord<"secret">>;

  /**
   * Changes the named fields and nothing else, on top of whatever others write meanwhile.
   *
   * @param assignments by snake_case path (`aws.ami_ids.us-east-1`): a JSON value, or null to unset the field
   */
  patch<K extends CatalogKind>(
    kind: K,
    name: string,
    assignments: Assignments,
    options?: WriteOptions,
  ): Promise<CatalogRecord<K>>;

  /** @throws `NOT_FOUND` / `RECORD_NOT_FOUND` */
  get<K extends CatalogKind>(kind: K, name: string): Promise<CatalogRecord<K>>;

  /** The record and everything that it leads to, as they were at one moment. */
  linked(kind: CatalogKind, name: string): Promise<LinkedRecords>;

  /** The generation that each record has at one moment, in their order; null for what does not exist. */
  generations(
    records: readonly { readonly kind: string; readonly name: string }[],
  ): Promise<readonly (number | null)[]>;

  /** By name. */
  list<K extends CatalogKind>(kind: K): Promise<readonly CatalogRecord<K>[]>;

  /** @throws `NOT_FOUND`, `FAILED_PRECONDITION` / `RECORD_IN_USE` (naming who refers to it) or `RECORD_IMMUTABLE` */
  delete(kind: CatalogKind, name: string, options?: WriteOptions): Promise<void>;

  /** Newest first, deletions among them. @throws `NOT_FOUND` where the name was never used */
  history<K extends CatalogKind>(kind: K, name: string): Promise<readonly HistoryEntry<K>[]>;

  /**
   * Writes back what a bake made. The same bake recorded twice is one record.
   *
   * @throws `FAILED_PRECONDITION` / `RECORD_IMMUTABLE` where the name holds another bake, `ALREADY_EXISTS` /
   * `NAME_CLASH` where it holds a hand-written image
   */
  recordBake(bake: Bake, options?: Pick<WriteOptions, "actor">): Promise<CatalogRecord<"image">>;
}
