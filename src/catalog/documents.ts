/** Records as documents: each has its kind beside its fields, so that one file can hold records of several kinds. */
import { invalidArgument } from "../errors.ts";
import type { JsonObject } from "../errors.ts";
import { toSnakeCase } from "../json/field-case.ts";
import { asJsonObject } from "../json/json-object.ts";
import { printedText } from "./body.ts";
import { KIND_NAMES, kindNamed } from "./kind-names.ts";
import { CATALOG_KINDS } from "./kinds.ts";
import type { CatalogKind, CatalogRecord } from "./kinds.ts";
import { closestTo } from "./suggestions.ts";
import { isFields } from "./violation.ts";
import type { LooseFields } from "./violation.ts";

/**
 * The kinds in the order in which records can be created: none refers to a kind after its own. In the reverse order,
 * records can be deleted.
 */
export const CREATION_ORDER: readonly CatalogKind[] = [
  "secret",
  "image",
  "machine-type",
  "disk-type",
  "environment",
  "placement",
  "workspace",
];

/** The fields that the catalog itself sets, so that what `get` prints is a valid document too. */
const METADATA: ReadonlySet<string> = new Set([
  "generation",
  "created_at",
  "createdAt",
  "updated_at",
  "updatedAt",
  "updated_by",
  "updatedBy",
]);

/**
 * Separates a document into its kind and the record's body.
 *
 * @throws SlipwayError `INVALID_ARGUMENT` / `INVALID_RECORD` for a document without a kind, `UNKNOWN_KIND`
 */
export function splitDocument(document: unknown): {
  readonly kind: CatalogKind;
  readonly body: LooseFields;
} {
  if (!isFields(document))
    throw invalidArgument("INVALID_RECORD", "a document must be a map of fields", KIND_REMEDY);
  const { kind: named, ...rest } = document;
  if (typeof named !== "string")
    throw invalidArgument("INVALID_RECORD", "kind is required", KIND_REMEDY);
  const body = Object.fromEntries(Object.entries(rest).filter(([field]) => !METADATA.has(field)));
  return { kind: requireKind(named), body };
}

/** @throws SlipwayError `INVALID_ARGUMENT` / `UNKNOWN_KIND` */
export function requireKind(name: string): CatalogKind {
  const kind = kindNamed(name);
  if (kind !== null) return kind;
  const meant = closestTo(name, KIND_NAMES);
  throw invalidArgument(
    "UNKNOWN_KIND",
    `unknown kind ${printedText(name)}`,
    `${meant === null ? "" : `Did you mean ${meant}? `}${KINDS_REMEDY}`,
  );
}

const KINDS_REMEDY = `The kinds are ${CATALOG_KINDS.join(", ")}.`;
const KIND_REMEDY = `Start the document with its kind, such as \`kind: image\`. ${KINDS_REMEDY}`;

/** The document that describes a record, in snake_case. Of a secret it has the name, not the value. */
export function toDocument<K extends CatalogKind>(kind: K, record: CatalogRecord<K>): JsonObject {
  const { generation: _g, createdAt: _c, updatedAt: _u, updatedBy: _b, ...fields } = record;
  return { kind, ...asJsonObject(toSnakeCase(fields)) };
}
