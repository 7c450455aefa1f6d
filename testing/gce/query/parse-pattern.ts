import { GceFailure } from "../failure.ts";

/** A node of a regular expression. */
export type PatternNode =
  | { readonly kind: "character"; readonly accepts: (character: string) => boolean }
  | { readonly kind: "boundary" }
  | { readonly kind: "choice"; readonly options: readonly (readonly PatternNode[])[] }
  | {
      readonly kind: "repeat";
      readonly node: PatternNode;
      readonly atLeast: 0 | 1;
      readonly once: boolean;
    };

/** Nested repetitions double the work at each depth. */
const MAXIMUM_DEPTH = 6;

/** The source and the current position. */
interface Reader {
  readonly source: string;
  position: number;
}

/** @throws GceFailure `invalid` for a malformed expression, or one with syntax that is not supported. */
export function parsePattern(source: string): readonly PatternNode[] {
  const reader: Reader = { source, position: 0 };
  const whole = readChoice(reader, 0);
  if (reader.position !== source.length) throw invalidPattern(reader);
  return [whole];
}

export function isWord(character: string | undefined): boolean {
  return character !== undefined && /^\w$/.test(character);
}

function invalidPattern({ source }: Reader): GceFailure {
  return new GceFailure(
    "invalid",
    `Invalid value for field 'filter': not a valid regular expression: ${source}`,
  );
}

/** The next character, or undefined at the end. */
function take(reader: Reader): string | undefined {
  const character = reader.source[reader.position];
  reader.position += 1;
  return character;
}

function peek({ source, position }: Reader): string | undefined {
  return source[position];
}

function readChoice(reader: Reader, depth: number): PatternNode {
  if (depth > MAXIMUM_DEPTH) throw invalidPattern(reader);
  const options: PatternNode[][] = [[]];
  for (let next = peek(reader); next !== undefined && next !== ")"; next = peek(reader)) {
    if (next === "|") {
      take(reader);
      options.push([]);
    } else options.at(-1)?.push(readRepeated(reader, depth));
  }
  return { kind: "choice", options };
}

function readRepeated(reader: Reader, depth: number): PatternNode {
  const node = readOne(reader, depth);
  const sign = peek(reader);
  if (sign !== "*" && sign !== "+" && sign !== "?") return node;
  take(reader);
  return { kind: "repeat", node, atLeast: sign === "+" ? 1 : 0, once: sign === "?" };
}

function readOne(reader: Reader, depth: number): PatternNode {
  const character = take(reader) ?? "";
  switch (character) {
    case "(":
      return readGroup(reader, depth);
    case "[":
      return readSet(reader);
    case "\\":
      return readEscaped(reader);
    case ".":
      return { kind: "character", accepts: () => true };
    case "^":
    case "$":
      // The whole text is matched anyway, so anchors have no effect.
      return { kind: "choice", options: [[]] };
    default:
      if ("*+?{}".includes(character)) throw invalidPattern(reader);
      return literal(character);
  }
}

function readGroup(reader: Reader, depth: number): PatternNode {
  if (reader.source.startsWith("?:", reader.position)) reader.position += 2;
  const choice = readChoice(reader, depth + 1);
  if (take(reader) !== ")") throw invalidPattern(reader);
  return choice;
}

function readEscaped(reader: Reader): PatternNode {
  const character = take(reader);
  if (character === "b") return { kind: "boundary" };
  if (character === "w") return { kind: "character", accepts: isWord };
  if (character === "d") return { kind: "character", accepts: (one) => /^\d$/.test(one) };
  if (character === undefined || /[a-zA-Z0-9]/.test(character)) throw invalidPattern(reader);
  return literal(character);
}

function readSet(reader: Reader): PatternNode {
  const isNegated = peek(reader) === "^";
  if (isNegated) take(reader);
  const ranges: (readonly [string, string])[] = [];
  for (let first = take(reader); first !== "]"; first = take(reader)) {
    if (first === undefined) throw invalidPattern(reader);
    const isRange = peek(reader) === "-" && reader.source[reader.position + 1] !== "]";
    if (isRange) take(reader);
    ranges.push([first, isRange ? (take(reader) ?? first) : first]);
  }
  const inside = (character: string): boolean =>
    ranges.some(([first, last]) => character >= first && character <= last);
  return { kind: "character", accepts: (character) => inside(character) !== isNegated };
}

function literal(expected: string): PatternNode {
  return { kind: "character", accepts: (character) => character === expected };
}
