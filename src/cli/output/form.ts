import type { JsonObject, JsonValue } from "../../errors.ts";
import { hasDataKeys } from "../../json/field-case.ts";
import { isJsonObject } from "../../json/json-object.ts";
import { shortAge } from "../arguments/duration.ts";
import { safeLines } from "../terminal-text.ts";
import { joinParts, renderFields, renderSection, renderTable } from "./table.ts";

/**
 * Renders a record for people: first the fields that fit on a line, then a section for each text of several lines, each
 * list of maps and each map.
 *
 * @param now milliseconds since the epoch, for the ages of times
 */
export function renderForm(record: JsonObject, now: number): string {
  const fields = Object.entries(record);
  const lines = fields.flatMap(([name, value]): [string, string][] => {
    const text = lineOf(name, value, now);
    return text === null ? [] : [[titleOf(name), text]];
  });
  const sections = fields
    .filter(([name, value]) => lineOf(name, value, now) === null)
    .map(([name, value]) => renderSection(titleOf(name), sectionOf(value, now)));
  return joinParts([renderFields(lines), ...sections]);
}

/** The text of a field that fits on its line; null for any other. */
function lineOf(name: string, value: JsonValue, now: number): string | null {
  if (typeof value === "string") return value.includes("\n") ? null : withAge(name, value, now);
  if (isList(value)) return value.every(isScalar) ? textOfList(value.map(textOf)) : null;
  if (!isJsonObject(value)) return textOf(value);
  const items = Object.values(value);
  // The keys of a map with data are not names of fields.
  if (items.length > 0 && !(hasDataKeys(name) && items.every(isScalar))) return null;
  return textOfList(Object.entries(value).map(([key, item]) => `${key}=${textOf(item)}`));
}

function textOf(value: JsonValue): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function textOfList(items: readonly string[]): string {
  return items.length === 0 ? "-" : items.join(", ");
}

function withAge(name: string, text: string, now: number): string {
  const time = name.endsWith("_at") ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? text : `${text} (${shortAge(now - time)} ago)`;
}

function sectionOf(value: JsonValue, now: number): string {
  if (typeof value === "string") return `${safeLines(value.trimEnd())}\n`;
  if (isJsonObject(value)) return renderForm(value, now);
  const rows = isList(value)
    ? value.map((item) => (isJsonObject(item) ? item : { value: item }))
    : [];
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return renderTable(
    names.map((name) => ({
      title: titleOf(name),
      cell: (row: JsonObject) => cellOf(name, row[name], now),
    })),
    rows,
  );
}

function cellOf(name: string, value: JsonValue | undefined, now: number): string | null {
  if (value === undefined || value === null) return null;
  return lineOf(name, value, now) ?? textOf(value);
}

/** `image_ref` -> `IMAGE REF`. */
function titleOf(name: string): string {
  return name.replaceAll("_", " ").toUpperCase();
}

function isScalar(value: JsonValue): value is string | number | boolean | null {
  return typeof value !== "object" || value === null;
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}
