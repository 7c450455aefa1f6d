/** Corrections of the mistakes that are most common in hand-written YAML. */
import type { ErrorCode } from "yaml";

/** A line as it was probably meant. */
export interface Correction {
  /** 0-based index of the line. */
  readonly index: number;
  readonly text: string;
  /** The mistake that it corrects. */
  readonly what: string;
}

/** The line at an index as it was probably meant; null if this is not the mistake. */
type Mend = (line: string, earlier: string | undefined) => string | null;

interface Remedy {
  readonly mend: Mend;
  readonly what: string;
  /** Which lines may have the mistake: the parser often notices it later. */
  readonly where: "here" | "above" | "below";
}

/** How far above a fault its cause is sought. */
const LINES_ABOVE = 50;

const QUOTES = { mend: quoteValue, what: "this value must be quoted" } as const;
const INDENT = {
  mend: indentAsAbove,
  what: "this line is not indented like the one above",
} as const;
const BRACKET = { mend: closeBrackets, what: "a bracket is not closed" } as const;
const COLON = { mend: spaceAfterColon, what: "a space is missing after the colon" } as const;

const REMEDIES: Readonly<Partial<Record<ErrorCode, readonly Remedy[]>>> = {
  TAB_AS_INDENT: [
    { mend: spacesForTabs, what: "a tab in the indentation: use spaces", where: "here" },
    { mend: indentAsAbove, what: "a tab in the indentation: use spaces", where: "here" },
  ],
  BLOCK_AS_IMPLICIT_KEY: [
    { ...QUOTES, where: "here" },
    { ...INDENT, where: "below" },
    { ...INDENT, where: "here" },
  ],
  BAD_SCALAR_START: [{ ...QUOTES, where: "here" }],
  BAD_ALIAS: [{ ...QUOTES, where: "here" }],
  BAD_INDENT: [
    { ...BRACKET, where: "above" },
    { ...INDENT, where: "here" },
  ],
  MISSING_CHAR: [
    { mend: closeQuote, what: "a quote is not closed", where: "above" },
    { ...BRACKET, where: "above" },
    { ...COLON, where: "here" },
    { ...INDENT, where: "here" },
  ],
  MULTILINE_IMPLICIT_KEY: [{ ...COLON, where: "here" }],
};

/** The likely corrections of a fault at a line, the likeliest first. The caller checks which of them parses. */
export function likelyCorrections(
  code: ErrorCode,
  lines: readonly string[],
  at: number,
): readonly Correction[] {
  return (REMEDIES[code] ?? []).flatMap(({ mend, what, where }) =>
    indexesOf(where, at).flatMap((index) => {
      const line = lines[index];
      const text = line === undefined ? null : mend(line, lines[index - 1]);
      return text === null || text === line ? [] : [{ index, text, what }];
    }),
  );
}

function indexesOf(where: Remedy["where"], at: number): readonly number[] {
  if (where === "here") return [at];
  if (where === "below") return [at + 1];
  return Array.from({ length: LINES_ABOVE }, (_item, distance) => at - distance);
}

/** `key: value` or `- value`: what precedes the value, the value, and a comment. */
const VALUE = /^(\s*(?:- +)*(?:[\w.-]+: +|- +))([^\s#](?:.*?\S)??)(\s+#.*)?$/;

function spacesForTabs(line: string): string {
  return line.replace(/^[\t ]+/, (indent) => indent.replaceAll("\t", "  "));
}

/** The line with its value in quotes; null if it has no value. */
export function quoteValue(line: string): string | null {
  const [, before, value, comment = ""] = VALUE.exec(line) ?? [];
  return value === undefined ? null : `${before}${JSON.stringify(value)}${comment}`;
}

function closeQuote(line: string): string | null {
  const [, before, value = ""] = VALUE.exec(line) ?? [];
  const [quote] = value;
  if (quote !== '"' && quote !== "'") return null;
  return value.includes(quote, 1) ? null : `${before}${value}${quote}`;
}

function closeBrackets(line: string): string | null {
  const open: string[] = [];
  for (const character of line) {
    if (character === "[") open.push("]");
    if (character === "{") open.push("}");
    if (character === open.at(-1)) open.pop();
  }
  return open.length === 0 ? null : `${line.trimEnd()}${open.toReversed().join("")}`;
}

function spaceAfterColon(line: string): string {
  return line.replace(/^(\s*(?:- +)*[\w.-]+):(?=[^\s:/])/, "$1: ");
}

function indentAsAbove(line: string, earlier: string | undefined): string | null {
  if (earlier === undefined) return null;
  const content = line.trimStart();
  // The fields of an item are indented like its first one, which follows the dash.
  const [indent = ""] = (content.startsWith("-") ? /^ */ : /^ *(?:- +)*/).exec(earlier) ?? [];
  return `${" ".repeat(indent.length)}${content}`;
}
