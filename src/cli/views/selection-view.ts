import type { JsonValue } from "../../errors.ts";
import { isJsonObject } from "../../json/json-object.ts";
import type { View } from "../output/render.ts";
import { renderTable } from "../output/table.ts";
import { safeLine, safeLines } from "../terminal-text.ts";

type Scalar = string | number | boolean | null;

/**
 * The selection of `--query`. Texts and numbers are printed as they are, one on each line, and lists of them as lines with
 * tabs, for other commands. Anything else has the formats of any result.
 */
export function viewSelection(
  value: JsonValue,
  { isTerminal }: { readonly isTerminal: boolean },
): View {
  const lines = linesOf(value, isTerminal);
  if (lines !== null) return { value, format: "table", table: () => lines };
  return { value, table: () => selectionTable(value) };
}

/** Null for a value with maps, or with lists in lists in a list. */
function linesOf(value: JsonValue, isTerminal: boolean): string | null {
  // A single text may have several lines, and another program may need it unchanged.
  if (isScalar(value)) return `${isTerminal ? safeLines(textOf(value)) : textOf(value)}\n`;
  if (!isList(value)) return null;
  const rows = value.map((item) => (isList(item) ? item : [item]));
  if (!rows.every((row): row is readonly Scalar[] => row.every(isScalar))) return null;
  return rows.map((row) => `${row.map((cell) => safeLine(textOf(cell))).join("\t")}\n`).join("");
}

/** A list of maps has a column for each name; anything else is one row. */
function selectionTable(value: JsonValue): string {
  const rows = (isList(value) ? value : [value]).map((item) =>
    isJsonObject(item) ? item : { value: item },
  );
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return renderTable(
    names.map((name) => ({
      title: name.toUpperCase(),
      cell: (row: (typeof rows)[number]) => cellOf(row[name] ?? null),
    })),
    rows,
  );
}

function cellOf(value: JsonValue): string {
  return isScalar(value) ? textOf(value) : JSON.stringify(value);
}

function textOf(value: Scalar): string {
  return value === null ? "" : String(value);
}

function isScalar(value: JsonValue): value is Scalar {
  return typeof value !== "object" || value === null;
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}
