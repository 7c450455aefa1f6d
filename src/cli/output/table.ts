import { safeLine } from "../terminal-text.ts";

export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => string | number | null | undefined;
}

/** Renders aligned columns under their titles. An absent value is a dash, and the last column is not padded. */
export function renderTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  return alignRows([
    columns.map((column) => column.title),
    ...rows.map((row) => columns.map((column) => cellText(column.cell(row)))),
  ]);
}

/** Renders one `TITLE  value` pair on each line and omits absent values. */
export function renderFields(
  fields: readonly (readonly [title: string, value: string | number | null | undefined])[],
): string {
  const present = fields.filter(([, value]) => value !== null && value !== undefined);
  return alignRows(present.map(([title, value]) => [title, cellText(value)]));
}

/** Joins the parts of a page with empty lines and omits empty parts. */
export function joinParts(parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join("\n");
}

function cellText(value: string | number | null | undefined): string {
  if (value === null || value === undefined || value === "") return "-";
  return safeLine(String(value));
}

function alignRows(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows)
    for (const [index, cell] of row.entries())
      widths[index] = Math.max(widths[index] ?? 0, cell.length);
  return rows
    .map((row) => row.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join("  "))
    .map((line) => `${line.trimEnd()}\n`)
    .join("");
}
