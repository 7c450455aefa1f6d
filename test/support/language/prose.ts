import { piecesOf } from "../architecture/tokens.ts";
import type { Piece } from "../architecture/tokens.ts";

/** A piece of a file that people read. */
export interface Prose {
  /** 1-based. */
  readonly line: number;
  readonly text: string;
}

/** What people read of a TypeScript file. */
export interface SourceProse {
  /** Each comment as one text without its stars and line breaks; consecutive line comments are one. */
  readonly comments: readonly Prose[];
  /** Strings, and the texts between the holes of templates. */
  readonly messages: readonly Prose[];
  readonly identifiers: readonly Prose[];
  /** First arguments of `describe`, `it` and `test`, also after `.each(…)` and the like. */
  readonly titles: readonly Prose[];
}

const TITLED: ReadonlySet<string> = new Set(["describe", "it", "test"]);

/** @throws Error if the text cannot be scanned to its end */
export function proseOf(path: string, text: string): SourceProse {
  const pieces = piecesOf(path, text);
  const lineOf = lineCounter(text);
  const at = (piece: Piece) => ({ line: lineOf(piece.start), text: piece.text });
  const code = pieces.filter(({ kind }) => kind !== "comment");
  return {
    comments: commentsOf(pieces, lineOf),
    messages: code.filter(({ kind }) => kind === "string" || kind === "template").map(at),
    identifiers: code.filter(({ kind }) => kind === "word").map(at),
    titles: code.flatMap((_piece, index) => titleAt(code, index)).map(at),
  };
}

/** The documents' own words: code blocks and code spans are quotations, headings and tables are not. */
export function documentProse(text: string): readonly Prose[] {
  let isCode = false;
  return text.split("\n").flatMap((line, index) => {
    const isFence = /^\s*(?:```|~~~)/u.test(line);
    if (isFence) isCode = !isCode;
    if (isFence || isCode) return [];
    return [{ line: index + 1, text: line.replaceAll(/`[^`]*`/gu, "`…`") }];
  });
}

function commentsOf(
  pieces: readonly Piece[],
  lineOf: (offset: number) => number,
): readonly Prose[] {
  const comments: { line: number; last: number; text: string }[] = [];
  for (const { kind, text, start } of pieces) {
    if (kind !== "comment") continue;
    const line = lineOf(start);
    const words = wordsOf(text);
    const before = comments.at(-1);
    if (text.startsWith("//") && before !== undefined && before.last === line - 1) {
      before.text += ` ${words}`;
      before.last = line;
    } else comments.push({ line, last: text.startsWith("//") ? line : Infinity, text: words });
  }
  return comments.map(({ line, text }) => ({ line, text }));
}

function wordsOf(comment: string): string {
  return comment
    .replace(/^\/[/*]+/u, "")
    .replace(/\*\/$/u, "")
    .split("\n")
    .map((line) => line.trim().replace(/^\*+\s?/u, ""))
    .join(" ")
    .trim();
}

function titleAt(code: readonly Piece[], index: number): readonly Piece[] {
  const word = code[index];
  if (word?.kind !== "word" || !TITLED.has(word.text) || code[index - 1]?.text === ".") return [];
  let at = index + 1;
  // `.each`, `.skipIf(…)`, `.each<…>(…)`: the title is in the last pair of parentheses of the chain.
  let first: Piece | undefined;
  while (at < code.length) {
    if (code[at]?.text === ".") at += 2;
    else if (code[at]?.text === "<") at = behind(code, at, "<", ">");
    else if (code[at]?.text === "(") {
      first = code[at + 1];
      at = behind(code, at, "(", ")");
    } else break;
  }
  return first?.kind === "string" || first?.kind === "template" ? [first] : [];
}

/** The index behind the bracket that closes the one at `open`. */
function behind(code: readonly Piece[], open: number, left: string, right: string): number {
  let depth = 0;
  for (let at = open; at < code.length; at += 1) {
    const { text = "", kind } = code[at] ?? {};
    if (kind === "string" || kind === "template") continue;
    if (text === left) depth += 1;
    // `>>` closes two.
    else if (text !== "" && text.replaceAll(right, "") === "") depth -= text.length;
    if (depth <= 0) return at + 1;
  }
  return code.length;
}

function lineCounter(text: string): (offset: number) => number {
  const starts = [0, ...[...text.matchAll(/\n/gu)].map(({ index }) => index + 1)];
  return (offset) => {
    const next = starts.findIndex((start) => start > offset);
    return next === -1 ? starts.length : next;
  };
}
