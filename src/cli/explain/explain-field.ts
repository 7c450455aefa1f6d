import type { JsonObject, JsonValue, SlipwayError } from "../../errors.ts";
import { closestTo } from "../../catalog/suggestions.ts";
import { snakeCaseName } from "../../json/field-case.ts";
import { isJsonObject } from "../../json/json-object.ts";
import { usageError } from "../arguments/flags.ts";
import { quoted } from "../terminal-text.ts";
import { boundsOf, choicesOf, patternOf, typeOf } from "./describe-form.ts";
import { fieldsOf, itemsOf, requiredOf } from "./schema-nodes.ts";

/** A field, or a whole record or document. */
export interface Explanation {
  /** From the root, such as `workspace.repos.clone_url`. */
  readonly path: string;
  readonly name: string;
  readonly schema: JsonObject;
  readonly type: string;
  /** Null for a whole record. */
  readonly isRequired: boolean | null;
  readonly description: string | null;
  readonly default: JsonValue | undefined;
  readonly choices: readonly JsonValue[];
  readonly bounds: string | null;
  readonly pattern: string | null;
  readonly example: JsonValue | undefined;
  readonly fields: readonly Explanation[];
}

/**
 * Explains a part of a document.
 *
 * @param steps names of fields, in snake_case or camelCase; `[]` and `[0]` after one of a list are ignored
 * @throws SlipwayError `INVALID_ARGUMENT` / `USAGE` for an unknown field, with what was probably meant
 */
export function explainField(
  root: { readonly name: string; readonly schema: JsonObject },
  steps: readonly string[],
): Explanation {
  let found = explanation(root.name, root, null);
  for (const step of steps) {
    const wanted = snakeCaseName(step.replace(/\[\d*\]$/u, ""));
    const next = found.fields.find(({ name }) => name === wanted);
    if (next === undefined) throw unknownField(found, wanted, explanation(root.name, root, null));
    found = next;
  }
  return found;
}

function explanation(
  path: string,
  { name, schema }: { readonly name: string; readonly schema: JsonObject },
  isRequired: boolean | null,
): Explanation {
  const { description, default: standard } = schema;
  return {
    path,
    name,
    schema,
    type: typeOf(schema),
    isRequired,
    description: typeof description === "string" ? description : null,
    default: standard,
    choices: choicesOf(schema),
    bounds: boundsOf(schema),
    pattern: patternOf(schema),
    example: exampleOf(schema),
    // A getter, because most of the tree is never read.
    get fields() {
      const required = requiredOf(schema);
      return [...fieldsOf(schema)].map(([field, own]) =>
        explanation(`${path}.${field}`, { name: field, schema: own }, required.has(field)),
      );
    },
  };
}

/**
 * The schema's own example, its only or first choice, or a map with the fields that it requires: all of `required` and the
 * last of the alternatives. Undefined if one of them has no example.
 */
function exampleOf(schema: JsonObject): JsonValue | undefined {
  const [example = schema["const"]] = itemsOf(schema["examples"]);
  if (example !== undefined) return example;
  if (schema["type"] !== "object") return choicesOf(schema)[0];
  const fields = fieldsOf(schema);
  const alternative = itemsOf(schema["oneOf"]).at(-1);
  const names = [
    ...(fields.has("kind") ? ["kind"] : []),
    ...itemsOf(schema["required"]),
    ...(isJsonObject(alternative) ? itemsOf(alternative["required"]) : []),
  ];
  const parts: [string, JsonValue][] = [];
  for (const name of names) {
    const field = typeof name === "string" ? fields.get(name) : undefined;
    const part = field === undefined ? undefined : exampleOf(field);
    if (typeof name !== "string" || part === undefined) return undefined;
    parts.push([name, part]);
  }
  return parts.length === 0 ? undefined : Object.fromEntries(parts);
}

function unknownField(parent: Explanation, wanted: string, root: Explanation): SlipwayError {
  const names = parent.fields.map(({ name }) => name);
  const meant = closestTo(wanted, names);
  const elsewhere = meant === null ? pathsOf(root, wanted) : [`${parent.path}.${meant}`];
  return usageError(
    `${parent.path} has no field ${quoted(wanted)}`,
    elsewhere.length > 0
      ? `Did you mean ${elsewhere.slice(0, 3).join(" or ")}?`
      : names.length === 0
        ? `It is ${parent.type} without fields.`
        : `Its fields are ${names.join(", ")}.`,
  );
}

/** The fields of this name anywhere in the document. */
function pathsOf({ fields }: Explanation, wanted: string): readonly string[] {
  return fields.flatMap((field) => [
    ...(field.name === wanted ? [field.path] : []),
    ...pathsOf(field, wanted),
  ]);
}
