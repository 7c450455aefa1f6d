import type { SecretValue } from "../secret-value.ts";
import { readingsOf } from "./unescape.ts";
import type { Reading } from "./unescape.ts";

/** Part of a text: index of its first character, and of the character after its last. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** In bytes. Shorter values occur by chance in many words, and are too easy to guess to be worth hiding. */
const SHORTEST_VALUE = 4;
/** In bytes. A shorter value is redacted only as a separate word: the secret `test` leaves `latest` alone. */
const SHORTEST_PART = 8;
/** In characters. Shorter encodings occur by chance. */
const SHORTEST_ENCODED = 6;
/**
 * In bytes. Peers and Slipway truncate messages, possibly in the middle of a secret. For a secret of at least this
 * length its first half is enough for a match, within the two bounds below.
 */
const SHORTEST_CUT = 16;
const LEAST_BEGINNING = 12;
const MOST_BEGINNING = 24;

/** Patterns are indexed by their first bytes. */
const KEY_LENGTH = SHORTEST_VALUE;

/** One form of a secret, as bytes of a text. */
interface Pattern {
  readonly bytes: Uint8Array;
  /** So many of its first bytes are a match. */
  readonly enough: number;
  /** Matches only if no letter or digit is next to it. */
  readonly word: boolean;
}

/** Patterns by their leading bytes. */
type Patterns = ReadonlyMap<number, readonly Pattern[]>;

/**
 * Finds secrets in any form in which a peer may repeat what it was sent: unchanged; escaped for JSON, URLs or HTML, also
 * several times; in hexadecimal; in base64 or base64url at any position of a longer text; and in other letter case,
 * because parsing a URL lowers the case of its scheme and host. Each line of a multi-line secret is found separately.
 *
 * The time is linear in the length of the text, also for repetitive secrets.
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
  // `alike` lowers ASCII letters only.
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
    bytes: alike(value),
    enough: length < SHORTEST_CUT ? length : beginning,
    word,
  };
}

/**
 * The characters of a base64 text that depend on the value alone, if the value begins `offset` bytes after a multiple of
 * three. They occur in the encoding of every longer text that contains the value, such as `user:password`.
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
  const text = alike(bytes);
  const ranges: Range[] = [];
  for (let at = 0; at + KEY_LENGTH <= text.length; at += 1) {
    const candidates = patterns.get(keyAt(text, at));
    if (candidates === undefined) continue;
    const length = Math.max(...candidates.map((candidate) => lengthAt(text, at, candidate)));
    if (length === 0) continue;
    // The search continues after the match: otherwise repetitive secrets would take quadratic time.
    const last = at + length - 1;
    ranges.push({ start: starts[at] ?? 0, end: ends[last] ?? 0 });
    at = last;
  }
  return ranges;
}

/** Length of the match at this position; 0 for none. */
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

/** Characters that base64url and forms use in place of others. */
const TWINS: Readonly<Record<string, string>> = { "-": "+", " ": "+", _: "/" };

/** Maps each byte to the representative of all bytes that different forms of one text may have in its place. */
const ALIKE = Uint8Array.from({ length: 256 }, (_none, byte) => {
  if (byte > 0x7f) return byte;
  const character = String.fromCharCode(byte).toLowerCase();
  return (TWINS[character] ?? character).charCodeAt(0);
});

function alike(bytes: Uint8Array): Uint8Array {
  return bytes.map((byte) => ALIKE[byte] ?? byte);
}

/** True also for the bytes of letters outside ASCII. */
function isLetter(byte: number | undefined): boolean {
  return byte !== undefined && /[a-z0-9\u0080-\u00ff]/.test(String.fromCharCode(byte));
}

/** The ranges in order; adjacent and overlapping ones are joined. */
function merged(ranges: readonly Range[]): readonly Range[] {
  const kept: Range[] = [];
  for (const range of ranges.toSorted((one, other) => one.start - other.start)) {
    const last = kept.at(-1);
    if (last === undefined || range.start > last.end) kept.push(range);
    else if (range.end > last.end) kept[kept.length - 1] = { start: last.start, end: range.end };
  }
  return kept;
}
