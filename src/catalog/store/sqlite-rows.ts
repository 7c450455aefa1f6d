/** Converts rows of the catalog's tables to records, keys and sealed values. */
import type { SqlRow, SqlValue } from "../../storage/connection.ts";
import { asJsonObject } from "../../json/json-object.ts";
import { isCatalogKind } from "../kinds.ts";
import type { SealedValue } from "../../secrets/sealed-value.ts";
import type { RecordKey, StoredGeneration, StoredRecord } from "../tables.ts";

export function toStoredRecord(row: SqlRow): StoredRecord {
  return {
    name: text(row["name"]),
    generation: Number(row["generation"]),
    createdAt: text(row["created_at"]),
    updatedAt: text(row["updated_at"]),
    updatedBy: text(row["updated_by"]),
    fields: asJsonObject(JSON.parse(text(row["fields"]))),
  };
}

export function toGeneration(row: SqlRow): StoredGeneration {
  const fields = row["fields"];
  return {
    generation: Number(row["generation"]),
    at: text(row["at"]),
    by: text(row["by"]),
    fields: fields === null ? null : asJsonObject(JSON.parse(text(fields))),
  };
}

export function toKey(row: SqlRow): RecordKey {
  const kind = text(row["kind"]);
  if (!isCatalogKind(kind))
    throw new TypeError(`the catalog's tables contain an unknown kind ${kind}`);
  return { kind, name: text(row["name"]) };
}

export function toSealedValue(row: SqlRow): SealedValue {
  return {
    keyId: text(row["key_id"]),
    nonce: bytes(row["nonce"]),
    ciphertext: bytes(row["ciphertext"]),
  };
}

// The tables are STRICT, so a value of another type was not written with this schema.
export function text(value: SqlValue | undefined): string {
  if (typeof value !== "string")
    throw new TypeError("the catalog's tables contain a value that is not text");
  return value;
}

function bytes(value: SqlValue | undefined): Uint8Array {
  if (!(value instanceof Uint8Array))
    throw new TypeError("the catalog's tables contain a value that is not a blob");
  return value;
}
