import type { JsonObject, JsonValue } from "../errors.ts";

/** The fields that a provider has filled in: without `null`, `false`, and empty texts, lists and objects. */
export function filled(fields: Readonly<Record<string, JsonValue | undefined>>): JsonObject {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) =>
      value === undefined || isEmpty(value) ? [] : [[name, value]],
    ),
  );
}

function isEmpty(value: JsonValue): boolean {
  if (value === null || value === "" || value === false) return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}
