import { styleText } from "node:util";
import { safeLine } from "../terminal-text.ts";
import { wrapLine } from "./wrap.ts";

export type Color = "green" | "yellow" | "red" | "gray";

export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => string | number | null | undefined;
  /** The cell's color on a terminal. */
  readonly color?: (row: Row) => Color;
}

/**
 * Renders aligned columns under their titles. An absent value is a dash, and the last column is not padded. A table that
 * is wider than the window is cut, but for its first column, which people copy. In a window that is too narrow for that,
 * each row becomes a block of lines.
 *
 * @param color whether cells have colors
 * @param width the width of the window; null if there is none
 */
export function renderTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  color = false,
  width: number | null = null,
): string {
  const cells = cellsOf(columns, rows, color);
  if (width === null || rows.length === 0) return alignRows(cells);
  const widths = fittingWidths(cells, width);
  if (widths === null) return blocks(cells);
  return alignRows(cells.map((row) => row.map((cell, index) => cut(cell, widths[index] ?? 0))));
}

/** The space between columns. */
const GAP = 2;
/** Columns of this width are not cut: the longest state of a spawn stays whole. */
const LEAST_WIDTH = 11;

/** The widths with which the columns fit, taken from the widest ones; null if they do not. */
function fittingWidths(
  rows: readonly (readonly Cell[])[],
  width: number,
): readonly number[] | null {
  const widths = naturalWidths(rows);
  let excess = widths.reduce((sum, one) => sum + one, GAP * (widths.length - 1)) - width;
  for (; excess > 0; excess -= 1) {
    const others = widths.slice(1);
    const widest = Math.max(...others);
    if (widest <= LEAST_WIDTH) return null;
    widths[others.indexOf(widest) + 1] = widest - 1;
  }
  return widths;
}

function naturalWidths(rows: readonly (readonly Cell[])[]): number[] {
  const [titles = []] = rows;
  return titles.map((_title, index) =>
    Math.max(...rows.map((row) => row[index]?.text.length ?? 0)),
  );
}

function cut(cell: Cell, width: number): Cell {
  return cell.text.length <= width ? cell : { ...cell, text: `${cell.text.slice(0, width - 1)}…` };
}

/** Each row as lines of its titles and values. */
function blocks(
  [titles = [], ...rows]: readonly (readonly Cell[])[],
  window: number | null = null,
): string {
  return joinParts(
    rows.map((row) =>
      alignRows(
        row.flatMap((cell, index): (readonly Cell[])[] => {
          const title = titles[index];
          return title === undefined || cell.text === ABSENT ? [] : [[title, cell]];
        }),
        [],
        window,
      ),
    ),
  );
}

/** The titles, and the cells of each row. */
function cellsOf<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  color: boolean,
): readonly (readonly Cell[])[] {
  const titles = columns.map(({ title }): Cell => ({ text: safeLine(title) }));
  return [
    titles,
    ...rows.map((row) =>
      columns.map((column): Cell => ({
        text: cellText(column.cell(row)),
        ...(color && column.color !== undefined ? { color: column.color(row) } : {}),
      })),
    ),
  ];
}

/**
 * Renders rows that come one after another. The titles stand above the first ones, and later rows have columns at least as
 * wide.
 */
export function createTableRows<Row>(): (
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  color: boolean,
) => string {
  const widths: number[] = [];
  let hasTitles = false;
  return (columns, rows, color) => {
    if (rows.length === 0) return "";
    const cells = cellsOf(columns, rows, color);
    const text = alignRows(hasTitles ? cells.slice(1) : cells, widths);
    hasTitles = true;
    return text;
  };
}

/**
 * Renders a table of details, such as the events of one spawn. Nothing is cut: a text that is too long for the window goes
 * on below, in the last column. In a window that is too narrow for that, each row becomes a block of lines.
 *
 * @param width the width of the window; null if there is none
 */
export function renderDetails<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  width: number | null,
): string {
  const cells = cellsOf(columns, rows, false);
  const widths = naturalWidths(cells);
  const start = startOfLast(widths);
  const isNarrow =
    width !== null && width < Math.min(start + LEAST_WRAPPED, start + (widths.at(-1) ?? 0));
  return isNarrow ? blocks(cells, width) : alignRows(cells, [], width);
}

/** Where the last column starts. */
function startOfLast(widths: readonly number[]): number {
  return widths.slice(0, -1).reduce((sum, one) => sum + one + GAP, 0);
}

type Field = readonly [title: string, value: string | number | null | undefined, color?: Color];

/**
 * Renders one `TITLE  value` pair on each line and omits absent values.
 *
 * @param color whether values have colors
 * @param width the width of the window, into which values are wrapped; null if there is none
 */
export function renderFields(
  fields: readonly Field[],
  color = false,
  width: number | null = null,
): string {
  const present = fields.filter(([, value]) => value !== null && value !== undefined);
  return alignRows(
    present.map(([title, value, own]): Cell[] => [
      { text: safeLine(title) },
      { text: cellText(value), ...(color && own !== undefined ? { color: own } : {}) },
    ]),
    [],
    width,
  );
}

/** A title and, below it, an indented text; empty for an empty text. */
export function renderSection(title: string, body: string): string {
  return body === "" ? "" : `${safeLine(title)}\n${body.replaceAll(/^(?=.)/gmu, "  ")}`;
}

/** Joins the parts of a page with empty lines and omits empty parts. */
export function joinParts(parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join("\n");
}

const ABSENT = "-";

function cellText(value: string | number | null | undefined): string {
  if (value === null || value === undefined || value === "") return ABSENT;
  return safeLine(String(value));
}

interface Cell {
  readonly text: string;
  readonly color?: Color;
}

/** A column that is narrower than this is not wrapped: the terminal's own breaks are easier to read then. */
const LEAST_WRAPPED = 20;

/**
 * @param widths the least widths of the columns, which are raised to those of the rows
 * @param window the width into which the last cells are wrapped; null for any
 */
function alignRows(
  rows: readonly (readonly Cell[])[],
  widths: number[] = [],
  window: number | null = null,
): string {
  for (const row of rows)
    for (const [index, { text }] of row.entries())
      widths[index] = Math.max(widths[index] ?? 0, text.length);
  return rows
    .flatMap((row) => wrapped(row, widths, window))
    .map(
      (row) =>
        `${row
          .map((cell, index) => padded(cell, widths[index] ?? 0))
          .join(" ".repeat(GAP))
          .trimEnd()}\n`,
    )
    .join("");
}

/** The row, and below it what does not fit into its last cell. */
function wrapped(
  row: readonly Cell[],
  widths: readonly number[],
  window: number | null,
): readonly (readonly Cell[])[] {
  const last = row.at(-1);
  const before = row.slice(0, -1);
  const start = startOfLast(widths);
  if (last === undefined || window === null || window - start < LEAST_WRAPPED) return [row];
  const [first = "", ...others] = wrapLine(last.text, window - start, "");
  return [
    [...before, { ...last, text: first }],
    ...others.map((text) => [...before.map(() => ({ text: "" })), { ...last, text }]),
  ];
}

function padded({ text, color }: Cell, width: number): string {
  // The caller has checked the stream and the environment already.
  const shown = color === undefined ? text : styleText(color, text, { validateStream: false });
  return shown + " ".repeat(width - text.length);
}
