/** A position in JSON text that `JSON.parse` has accepted. */
export interface JsonCursor {
  readonly text: string;
  at: number;
}

const BACKSLASH = 0x5c;
const QUOTE = 0x22;
const SPACE = /[ \t\r\n]*/y;
const WORD = /[^\s{}[\],:"]*/y;

/** Moves to the next token and returns its first character. */
export function peek(cursor: JsonCursor): string {
  cursor.at = endOf(SPACE, cursor.text, cursor.at);
  return cursor.text.charAt(cursor.at);
}

/** Reads the next token: a bracket, a comma, a colon, a string with its quotes, a number, or a literal. */
export function nextToken(cursor: JsonCursor): string {
  const first = peek(cursor);
  const start = cursor.at;
  if (first === '"') cursor.at = stringEnd(cursor.text, start);
  else if ("{}[],:".includes(first)) cursor.at = start + 1;
  else cursor.at = endOf(WORD, cursor.text, start);
  return cursor.text.slice(start, cursor.at);
}

/** Skips one value of any kind. Iterative, because a document may be nested deeply. */
export function skipValue(cursor: JsonCursor): void {
  let depth = 0;
  do {
    const token = nextToken(cursor);
    if (token === "{" || token === "[") depth += 1;
    else if (token === "}" || token === "]") depth -= 1;
  } while (depth > 0);
}

/** Calls `read` at each value of the next object, with the value's key. `read` must consume the value. */
export function eachMember(cursor: JsonCursor, read: (key: string) => void): void {
  nextToken(cursor);
  while (peek(cursor) !== "}") {
    const key = textOf(nextToken(cursor));
    nextToken(cursor);
    read(key);
    if (peek(cursor) === ",") nextToken(cursor);
  }
  nextToken(cursor);
}

/** Calls `read` at each item of the next array. `read` must consume the item. */
export function eachItem(cursor: JsonCursor, read: (index: number) => void): void {
  nextToken(cursor);
  for (let index = 0; peek(cursor) !== "]"; index += 1) {
    read(index);
    if (peek(cursor) === ",") nextToken(cursor);
  }
  nextToken(cursor);
}

/** The value of a string token. Go replaces halves of surrogate pairs. */
export function textOf(token: string): string {
  return String(JSON.parse(token)).toWellFormed();
}

function endOf(pattern: RegExp, text: string, start: number): number {
  pattern.lastIndex = start;
  pattern.test(text);
  return pattern.lastIndex;
}

function stringEnd(text: string, start: number): number {
  let at = start + 1;
  while (text.charCodeAt(at) !== QUOTE) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1;
  return at + 1;
}
