import type { SecretValue } from "../secret-value.ts";
import { readingsOf } from "./unescape.ts";
import type { Reading } from "./unescape.ts";

/** Characters of a text, from the first to before the last. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** In bytes. Shorter values would be found by chance in every other word, and are no secrets to speak of. */
const SHORTEST_VALUE = 4;
/** In bytes. A shorter value counts only as a word of its own: `test` is no secret inside of `latest`. */
const SHORTEST_PART = 8;
/** In characters: what is left of a short value in base64 is soon any text. */
const SHORTEST_ENCODED = 6;
/**
 * In bytes. A message may end in the middle of a secret, cut to a length. Of one that is at least so long, its
 * beginning is taken for it: half of it, within these bounds.
 */
const SHORTEST_CUT = 16;
const LEAST_BEGINNING = 12;
const MOST_BEGINNING = 24;

/** Bytes that begin a pattern and by which it is looked up. */
const KEY_LENGTH = SHORTEST_VALUE;

/** A secret in one form, as the bytes of a text may hold it. */
interface Pattern {
  readonly bytes: Uint8Array;
  /** As many of its bytes from the first are taken for the whole. */
  readonly enough: number;
  /** It counts only where no letter or digit stands next to it. */
  readonly word: boolean;
}

/** Patterns by their first bytes. */
type Patterns = ReadonlyMap<number, readonly Pattern[]>;

/**
 * A search for secrets in any form in which a peer may repeat what it was sent: as they are, escaped (JSON, URL,
 * HTML, once or twice), in hexadecimal, in base64 or base64url at any place of a longer text, in either case of
 * letters (a URL's scheme and host lose theirs). Of a value of several lines each line is looked for.
 *
 * It takes time linear in the text, however much the secrets are alike within themselves.
 */
export function createSecretSearch(
  secrets: readonly SecretValue[],
): (text: string) => readonly Range[] {
  const patterns = byFirstBytes(secrets.flatMap(patternsOf));
  if (patterns.size === 0) return () => [];
  return (text) => merged(readingsOf(text).flatMap((reading) => search(reading, patterns)));
}

function patternsOf(secret: SecretValue): readonly Pattern[] {
  const text = secret.reveal();
  const lines = text.split(/[\r\n\0]+/u).map((line) => line.trim());
  const parts = lines.length === 1 ? [] : lines.filter((line) => line.length >= SHORTEST_PART);
  const values = [
    secret.revealBytes(),
    ...[text, ...parts].map((part) => Buffer.from(part)),
  ].filter(({ length }) => length >= SHORTEST_VALUE);
  // Other alphabets have letters of two cases as well.
  const plain = values.length === 0 ? [] : [...values, Buffer.from(text.toLowerCase())];
  return [
    ...plain.map((value) => pattern(value, value.length < SHORTEST_PART)),
    ...values
      .flatMap(encodings)
      .filter(({ length }) => length >= SHORTEST_ENCODED)
      .map((form) => pattern(Buffer.from(form), false)),
  ];
}

function encodings(value: Uint8Array): readonly string[] {
  const base64 = [0, 1, 2].map((offset) => base64Core(value, offset));
  return [Buffer.from(value).toString("hex"), ...base64];
}

function pattern(value: Uint8Array, word: boolean): Pattern {
  const { length } = value;
  const beginning = Math.min(Math.max(Math.ceil(length / 2), LEAST_BEGINNING), MOST_BEGINNING);
  return {
    bytes: value.map(alike),
    enough: length < SHORTEST_CUT ? length : beginning,
    word,
  };
}

/**
 * The part of a base64 text that is the same whatever stands before and behind the value, for a value that begins
 * `offset` bytes after a multiple of three: so it is found inside `user:password` and inside whole documents.
 */
function base64Core(value: Uint8Array, offset: number): string {
  const text = Buffer.concat([Buffer.alloc(offset), value]).toString("base64");
  const whole = Math.floor(((offset + value.length) * 8) / 6);
  return text.slice(Math.ceil((offset * 8) / 6), whole);
}

function byFirstBytes(patterns: readonly Pattern[]): Patterns {
  const found = new Map<number, Pattern[]>();
  const known = new Set<string>();
  for (const one of patterns) {
    const name = Buffer.from(one.bytes).toString("latin1");
    if (known.has(name)) continue;
    known.add(name);
    const key = keyAt(one.bytes, 0);
    const others = found.get(key);
    if (others === undefined) found.set(key, [one]);
    else others.push(one);
  }
  return found;
}

function search({ bytes, starts, ends }: Reading, patterns: Patterns): readonly Range[] {
  const text = bytes.map(alike);
  const ranges: Range[] = [];
  for (let at = 0; at + KEY_LENGTH <= text.length; at += 1) {
    const candidates = patterns.get(keyAt(text, at));
    if (candidates === undefined) continue;
    const length = Math.max(...candidates.map((candidate) => lengthAt(text, at, candidate)));
    if (length === 0) continue;
    // What is found is not searched again: otherwise a text of one letter would take quadratic time.
    const last = at + length - 1;
    ranges.push({ start: starts[at] ?? 0, end: ends[last] ?? 0 });
    at = last;
  }
  return ranges;
}

/** How many bytes of the pattern the text has here; 0 where those are not enough. */
function lengthAt(text: Uint8Array, at: number, { bytes, enough, word }: Pattern): number {
  let length = KEY_LENGTH;
  while (length < bytes.length && text[at + length] === bytes[length]) length += 1;
  if (length < enough) return 0;
  const isPart = word && (isLetter(text[at - 1]) || isLetter(text[at + length]));
  return isPart ? 0 : length;
}

function keyAt(bytes: Uint8Array, at: number): number {
  let key = 0;
  for (let index = at; index < at + KEY_LENGTH; index += 1) key = key * 256 + (bytes[index] ?? 0);
  return key;
}

const UPPER_A = 0x41;
const UPPER_Z = 0x5a;
const TO_LOWER = 0x20;
const TWINS: ReadonlyMap<number, number> = new Map(
  // base64url and base64; a space in a form is a plus.
  [
    ["-", "+"],
    [" ", "+"],
    ["_", "/"],
  ].map(([one = "", other = ""]) => [one.charCodeAt(0), other.charCodeAt(0)]),
);

/** One byte for all that one form or another of the same text may have in its place. */
function alike(byte: number): number {
  if (byte >= UPPER_A && byte <= UPPER_Z) return byte + TO_LOWER;
  return TWINS.get(byte) ?? byte;
}

/** Letters of other alphabets, which take several bytes, among them. */
function isLetter(byte: number | undefined): boolean {
  return byte !== undefined && /[a-z0-9\u0080-\u00ff]/.test(String.fromCharCode(byte));
}

/** The ranges in their order, those that touch as one. */
function merged(ranges: readonly Range[]): readonly Range[] {
  const kept: Range[] = [];
  for (const range of ranges.toSorted((one, other) => one.start - other.start)) {
    const last = kept.at(-1);
    if (last === undefined || range.start > last.end) kept.push(range);
    else if (range.end > last.end) kept[kept.length - 1] = { start: last.start, end: range.end };
  }
  return kept;
}
