import { createHash } from "node:crypto";
import type { JsonObject, JsonValue } from "../../src/errors.ts";

/** Fields of a document; those without a value are omitted, as in the API. */
export type Fields = Readonly<Record<string, JsonValue | undefined>>;

export function compact(fields: Fields): JsonObject {
  const present: Record<string, JsonValue> = {};
  for (const [name, value] of Object.entries(fields))
    if (value !== undefined && value !== null) present[name] = value;
  return present;
}

/** Omits empty lists and maps as well. */
export function unlessEmpty<T extends readonly JsonValue[] | JsonObject>(value: T): T | undefined {
  return Object.keys(value).length === 0 ? undefined : value;
}

/** The API's fingerprint of an empty set of labels. */
const FINGERPRINT_OF_NOTHING = "42WmSpB8rSM=";

/** Eight bytes in base64 that change with the value. */
export function fingerprint(value: JsonValue): string {
  const isEmpty = typeof value === "object" && value !== null && Object.keys(value).length === 0;
  if (isEmpty) return FINGERPRINT_OF_NOTHING;
  return createHash("sha256")
    .update(JSON.stringify(value))
    .digest()
    .subarray(0, 8)
    .toString("base64");
}
