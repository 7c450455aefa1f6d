/** The parts of a JSON Schema. A field may have several forms, each of which is a schema of its own. */
import type { JsonObject, JsonValue } from "../../errors.ts";
import { isJsonObject } from "../../json/json-object.ts";

/** The forms of a field: itself, and the alternatives that it names. */
export function formsOf(schema: JsonValue | undefined): readonly JsonObject[] {
  if (!isJsonObject(schema)) return [];
  const alternatives = [...itemsOf(schema["anyOf"]), ...itemsOf(schema["oneOf"])].filter(hasForm);
  const own = alternatives.length === 0 ? [schema] : [];
  return [...own, ...alternatives.flatMap(formsOf)];
}

/** `oneOf` with only `required` is a rule about fields, not a form. */
function hasForm(schema: JsonValue): boolean {
  return isJsonObject(schema) && Object.keys(schema).some((keyword) => keyword !== "required");
}

/**
 * The fields of a map, and of the maps in a list or a map with keys of the user's own. If several forms have a field of the
 * same name, the first is taken.
 */
export function fieldsOf(schema: JsonObject): ReadonlyMap<string, JsonObject> {
  const fields = new Map<string, JsonObject>();
  for (const form of [schema, ...formsOf(schema)]) {
    const inner = [form["items"], form["additionalProperties"]].flatMap((item) =>
      isJsonObject(item) ? [...fieldsOf(item)] : [],
    );
    const own = Object.entries(isJsonObject(form["properties"]) ? form["properties"] : {});
    for (const [name, field] of [...own, ...inner])
      if (isJsonObject(field) && !fields.has(name)) fields.set(name, field);
  }
  return fields;
}

/** The names of the fields that a map must have. */
export function requiredOf(schema: JsonObject): ReadonlySet<string> {
  const names = [schema, ...formsOf(schema)].flatMap((form) => [
    ...itemsOf(form["required"]),
    ...[form["items"], form["additionalProperties"]].flatMap((item) =>
      isJsonObject(item) ? [...requiredOf(item)] : [],
    ),
  ]);
  return new Set(names.filter((name) => typeof name === "string"));
}

/** The values of a list; none for anything else. */
export function itemsOf(value: JsonValue | undefined): readonly JsonValue[] {
  return isList(value) ? value : [];
}

function isList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}
