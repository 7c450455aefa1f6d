import { invalidArgument, type SlipwayError } from "../../errors.ts";

/** How much of a long line an excerpt has before and after the fault. */
const BEFORE = 60;
const AFTER = 30;

/** The record of a secret, or an address with a password. */
const SECRET = /plain_?text|kind["']?\s*:\s*["']?secret|:\/\/[^\s/]*@/i;

/** Whether errors must not quote a text. */
export function mayBeSecret(text: string): boolean {
  return SECRET.test(text);
}

/** The most characters of a corrected line: a longer one would hide the rest of the error. */
export const LONGEST_SHOWN = 120;

export const NEUTRAL_REMEDY = "Pass one resource as YAML or JSON.";

/** The same error without any of the input's text. */
export function withoutExcerpt({ reason, message, metadata }: SlipwayError): SlipwayError {
  const { line, column } = metadata;
  return invalidArgument(
    reason,
    message,
    NEUTRAL_REMEDY,
    line === undefined || column === undefined ? {} : { line, column },
  );
}

/** A position in a text. */
export interface Position {
  /** 1-based. */
  readonly line: number;
  /** 1-based. */
  readonly column: number;
  /** The whole line, without its line break. */
  readonly text: string;
}

export function positionAt(text: string, offset: number): Position {
  const start = offset === 0 ? 0 : text.lastIndexOf("\n", offset - 1) + 1;
  const end = text.indexOf("\n", start);
  return {
    line: text.slice(0, start).split("\n").length,
    column: offset - start + 1,
    text: text.slice(start, end === -1 ? text.length : end).replace(/\r$/, ""),
  };
}

/**
 * The `INVALID_INPUT` error for a fault, with its line and column. Its `metadata.excerpt` has the line itself and a caret
 * below the fault, unless the text may contain a secret.
 */
export function faultAt(
  text: string,
  offset: number,
  what: string,
  remedy = NEUTRAL_REMEDY,
): SlipwayError {
  const position = positionAt(text, offset);
  const { line, column } = position;
  const excerpt = mayBeSecret(text) ? {} : { excerpt: excerptOf(position) };
  return invalidArgument("INVALID_INPUT", `line ${line}, column ${column}: ${what}`, remedy, {
    line,
    column,
    ...excerpt,
  });
}

/** A line and, below it, a caret at the column. A long line is cut. */
export function excerptOf({
  line,
  column,
  text,
}: Position): readonly [source: string, caret: string] {
  const from = Math.max(0, column - 1 - BEFORE);
  const to = column - 1 + AFTER;
  const shown = `${from > 0 ? "…" : ""}${text.slice(from, to)}${to < text.length ? "…" : ""}`;
  const indent = text
    .slice(from, column - 1)
    .replaceAll(/[^\t]/g, " ")
    .padStart(column - 1 - from + (from > 0 ? 1 : 0));
  const number = String(line);
  return [`${number} | ${shown}`, `${" ".repeat(number.length)} | ${indent}^`];
}
