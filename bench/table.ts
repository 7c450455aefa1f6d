import { isExceeded } from "./figure.ts";
import type { Figure } from "./figure.ts";

/** A figure with the command that measures it again. */
export interface Row {
  readonly command: string;
  readonly figure: Figure;
}

const COLUMNS = ["command", "what", "ratio", "bound", "ours / theirs", "API calls", "runs"];

/** A Markdown table whose columns are aligned in a terminal as well. */
export function table(rows: readonly Row[]): string {
  const cells = [COLUMNS, ...rows.map(cellsOf)];
  const widths = COLUMNS.map((_column, index) =>
    Math.max(3, ...cells.map((row) => row[index]?.length ?? 0)),
  );
  const rule = widths.map((width) => "-".repeat(width));
  const [head = COLUMNS, ...body] = cells;
  return [head, rule, ...body]
    .map((row) => `| ${row.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join(" | ")} |`)
    .join("\n");
}

/** The figures that exceed their bounds, each in a line. */
export function exceededBounds(rows: readonly Row[]): readonly string[] {
  return rows
    .filter(({ figure }) => isExceeded(figure))
    .map(
      ({ command, figure: { name, ratio, target } }) =>
        `${command}: ${name}: the ratio is ${ratio?.toFixed(3)}, and may be ${target} at most`,
    );
}

function cellsOf({ command, figure }: Row): readonly string[] {
  const { name, ratio, target, unit = "ms", calls, runs, missing } = figure;
  return [
    `\`${command}\``,
    // A bar would start another column.
    (missing === undefined ? name : `${name}; not compared: ${missing}`).replaceAll("|", "\\|"),
    ratio === null ? "none" : ratio.toFixed(2),
    target === null ? "" : `${target}${isExceeded(figure) ? ", MISSED" : ""}`,
    `${pairOf(figure.medians, quantity)} ${unit}`,
    calls === undefined ? "" : pairOf(calls, quantity),
    String(runs),
  ];
}

function pairOf(
  [ours, theirs]: readonly [number, number],
  show: (value: number) => string,
): string {
  return `${Number.isNaN(ours) ? "?" : show(ours)} / ${Number.isNaN(theirs) ? "?" : show(theirs)}`;
}

/** Three significant digits; whole numbers unchanged. */
export function quantity(value: number): string {
  if (Number.isInteger(value)) return value.toLocaleString("en-US");
  if (value >= 100) return Math.round(value).toLocaleString("en-US");
  return value.toFixed(value >= 10 ? 1 : 2);
}
