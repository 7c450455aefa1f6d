import type { JsonObject, JsonValue } from "../errors.ts";

/** What is known to be a map of fields, as one. */
export function asJsonObject(value: JsonValue): JsonObject {
  if (!isJsonObject(value)) throw new TypeError("a record's fields are a map");
  return value;
}

/** True for an object, which in JSON is neither null nor a list. */
export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
