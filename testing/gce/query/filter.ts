import type { JsonObject, JsonValue } from "../../../src/errors.ts";
import { GceFailure } from "../failure.ts";
import { compilePattern } from "./pattern.ts";

export type Filter = (document: JsonObject) => boolean;

const OPERATORS = new Set(["=", "!=", "<", ">", "<=", ">=", ":", "eq", "ne"]);
const MAXIMUM_LENGTH = 2048;
const MAXIMUM_DEPTH = 32;

/**
 * Parses a `filter`: `name = web-1`, `labels.owner:*`, `(status = RUNNING) AND NOT (name = a OR name = b)`, and the
 * older `name eq 'web-.*'`. Adjacent terms are joined by AND. Follows AIP-160 and the reference of the list methods.
 *
 * @throws GceFailure `invalid`
 */
export function parseFilter(text: string | null): Filter {
  if (text === null || text.trim() === "") return () => true;
  if (text.length > MAXIMUM_LENGTH) throw invalidFilter(text);
  const tokens = tokenize(text);
  let position = 0;

  const readAny = (depth: number): Filter => {
    if (depth > MAXIMUM_DEPTH) throw invalidFilter(text);
    const options = [readAll(depth)];
    while (tokens[position]?.text === "OR") {
      position += 1;
      options.push(readAll(depth));
    }
    return (document) => options.some((option) => option(document));
  };
  const readAll = (depth: number): Filter => {
    const terms = [readTerm(depth)];
    for (;;) {
      const next = tokens[position];
      if (next === undefined || next.text === ")" || next.text === "OR") break;
      if (next.text === "AND") position += 1;
      terms.push(readTerm(depth));
    }
    return (document) => terms.every((term) => term(document));
  };
  const readTerm = (depth: number): Filter => {
    const first = tokens[position];
    position += 1;
    if (first?.text === "NOT" || (first?.text === "-" && !first.isQuoted)) {
      const inner = readTerm(depth + 1);
      return (document) => !inner(document);
    }
    if (first?.text === "(" && !first.isQuoted) {
      const inner = readAny(depth + 1);
      if (tokens[position]?.text !== ")") throw invalidFilter(text);
      position += 1;
      return inner;
    }
    const operator = tokens[position]?.text;
    const value = tokens[position + 1];
    const isTerm = first !== undefined && /^[A-Za-z][\w./"-]*$/.test(first.text);
    if (!isTerm || operator === undefined || !OPERATORS.has(operator) || value === undefined)
      throw invalidFilter(text);
    position += 2;
    return comparison(first.text, operator, value.text);
  };

  const filter = readAny(0);
  if (position !== tokens.length) throw invalidFilter(text);
  return filter;
}

function invalidFilter(text: string): GceFailure {
  return new GceFailure(
    "invalid",
    `Invalid value for field 'filter': '${text.slice(0, 200)}'. Invalid list filter expression.`,
  );
}

interface Token {
  readonly text: string;
  readonly isQuoted: boolean;
}

function tokenize(text: string): readonly Token[] {
  const found = text.matchAll(/"([^"]*)"|'([^']*)'|(!=|<=|>=|[=<>:()])|([^\s"'!=<>:()]+)/g);
  const tokens: Token[] = [];
  let end = 0;
  for (const match of found) {
    if (text.slice(end, match.index).trim() !== "") throw invalidFilter(text);
    end = match.index + match[0].length;
    const quoted = match[1] ?? match[2];
    tokens.push({ text: quoted ?? match[0], isQuoted: quoted !== undefined });
  }
  if (text.slice(end).trim() !== "") throw invalidFilter(text);
  return tokens;
}

function comparison(path: string, operator: string, value: string): Filter {
  const names = path.split(".");
  const accepts = acceptor(operator, value);
  const isNegative = operator === "!=" || operator === "ne";
  return (document) => {
    const values = valuesAt(document, names);
    return isNegative ? !values.some(accepts) : values.some(accepts);
  };
}

/** The predicate for a single value; for a negative operator, no value may match. */
function acceptor(operator: string, value: string): (found: string) => boolean {
  switch (operator) {
    case "eq":
    case "ne":
      return compilePattern(value);
    case ":":
      return value === "*"
        ? () => true
        : (found) => found.toLowerCase().includes(value.toLowerCase());
    case "<":
      return (found) => compare(found, value) < 0;
    case ">":
      return (found) => compare(found, value) > 0;
    case "<=":
      return (found) => compare(found, value) <= 0;
    case ">=":
      return (found) => compare(found, value) >= 0;
    default:
      return matchesStars(value);
  }
}

/** In `=`, `*` matches any text, at the ends or in between. */
function matchesStars(value: string): (found: string) => boolean {
  if (!value.includes("*")) return (found) => found === value;
  const parts = value
    .split("*")
    .map((part) => part.replaceAll(/[^A-Za-z0-9]/g, (one) => `\\${one}`));
  return compilePattern(parts.join(".*"));
}

/** Compares numbers by value, times chronologically, and everything else as text. */
function compare(found: string, value: string): number {
  if (/^-?\d+(?:\.\d+)?$/.test(found) && /^-?\d+(?:\.\d+)?$/.test(value))
    return Number(found) - Number(value);
  const [one, other] = [Date.parse(found), Date.parse(value)];
  if (!Number.isNaN(one) && !Number.isNaN(other)) return one - other;
  return found < value ? -1 : Number(found > value);
}

/** All scalars at the path; the path also leads through lists. */
function valuesAt(value: JsonValue, names: readonly string[]): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((item: JsonValue) => valuesAt(item, names));
  const [name, ...rest] = names;
  if (typeof value !== "object" || value === null)
    return name === undefined && value !== null ? [String(value)] : [];
  if (name === undefined) return [];
  const inner: readonly [string, JsonValue] | undefined = Object.entries(value).find(
    ([key]) => key === name,
  );
  return inner === undefined ? [] : valuesAt(inner[1], rest);
}
