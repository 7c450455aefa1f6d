import type { JsonObject, JsonValue } from "../errors.ts";

/** True for an object, which in JSON is neither null nor a list. */
export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
