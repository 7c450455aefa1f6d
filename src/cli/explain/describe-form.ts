/** The statements of a JSON Schema about a value, in words for people. */
import type { JsonObject, JsonValue } from "../../errors.ts";
import { isJsonObject } from "../../json/json-object.ts";
import { fieldsOf, formsOf, itemsOf } from "./schema-nodes.ts";

/** `text`, `list of text`, `whole number or text`. */
export function typeOf(schema: JsonObject): string {
  return [...new Set(formsOf(schema).map(typeOfForm))].join(" or ");
}

const TYPES: ReadonlyMap<JsonValue, string> = new Map([
  ["string", "text"],
  ["integer", "whole number"],
  ["number", "number"],
  ["boolean", "true or false"],
  ["null", "null"],
]);

function typeOfForm(form: JsonObject): string {
  const { type, not, const: only, items, additionalProperties: values } = form;
  if (isJsonObject(not)) return "not accepted";
  if (type === "array") return `list of ${isJsonObject(items) ? typeOf(items) : "anything"}`;
  if (type === "object") {
    const isOpen = isJsonObject(values) && fieldsOf(form).size === 0;
    return isOpen ? `map of ${typeOf(values)}` : "map";
  }
  if (Array.isArray(type)) return type.map((name) => TYPES.get(name) ?? String(name)).join(" or ");
  return TYPES.get(type ?? typeof (only ?? null)) ?? "anything";
}

/** The values from which to choose; empty if there are others. */
export function choicesOf(schema: JsonObject): readonly JsonValue[] {
  const forms = formsOf(schema);
  const choices = forms.map((form) =>
    form["const"] === undefined ? itemsOf(form["enum"]) : [form["const"]],
  );
  return choices.every((some) => some.length > 0) ? choices.flat() : itemsChoicesOf(schema);
}

/** The choices of each item of a list. */
function itemsChoicesOf({ type, items }: JsonObject): readonly JsonValue[] {
  return type === "array" && isJsonObject(items) ? choicesOf(items) : [];
}

/** The bounds of numbers, texts and lists, such as `from 1 to 65535`; null if there are none. */
export function boundsOf(schema: JsonObject): string | null {
  const bounds = formsOf(schema).flatMap((form) => [
    ...rangeOf(form["minimum"], form["maximum"], ""),
    ...(isBound(form["exclusiveMinimum"]) ? [`more than ${form["exclusiveMinimum"]}`] : []),
    ...rangeOf(form["minItems"], form["maxItems"], " items"),
    ...rangeOf(form["minLength"], form["maxLength"], " characters"),
  ]);
  return bounds.length === 0 ? null : [...new Set(bounds)].join(", ");
}

function rangeOf(
  least: JsonValue | undefined,
  most: JsonValue | undefined,
  unit: string,
): readonly string[] {
  // Schemas of whole numbers always have the bounds of what JSON can represent exactly.
  const from = isBound(least) ? least : null;
  const to = isBound(most) ? most : null;
  if (from !== null && to !== null) return [`from ${from} to ${to}${unit}`];
  if (from !== null) return [`at least ${from}${unit}`];
  return to === null ? [] : [`at most ${to}${unit}`];
}

function isBound(value: JsonValue | undefined): value is number {
  return typeof value === "number" && Math.abs(value) < Number.MAX_SAFE_INTEGER;
}

/** The form of a text as a regular expression; null if there is none. */
export function patternOf({ pattern }: JsonObject): string | null {
  return typeof pattern === "string" ? pattern : null;
}
