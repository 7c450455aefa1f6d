import type { JsonObject, JsonValue } from "../errors.ts";

/** Narrows a value that is known to be a JSON object. */
export function asJsonObject(value: JsonValue): JsonObject {
  if (!isJsonObject(value)) throw new TypeError("a record's fields must be a JSON object");
  return value;
}

/** True for a JSON object: neither null nor a list. */
export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
