import { digest } from "./digest.ts";

/** A record with the text that it sorts by, which no other record has. */
export interface Keyed<T> {
  readonly record: T;
  readonly key: string;
}

export interface Slice<T> {
  readonly records: readonly T[];
  /** The key after which the next page begins; null behind the last one. */
  readonly last: string | null;
}

/**
 * So many records after a key, in the order of their keys. Going on after a key, and not at a number, neither repeats
 * nor hides records where others come or go in between.
 */
export function sliceAfter<T>(
  records: readonly Keyed<T>[],
  after: string | null,
  size: number,
): Slice<T> {
  const rest = records
    .filter(({ key }) => after === null || key > after)
    .toSorted((one, other) => (one.key < other.key ? -1 : 1));
  const shown = rest.slice(0, size);
  const isEnd = shown.length === rest.length;
  return {
    records: shown.map(({ record }) => record),
    last: isEnd ? null : (shown.at(-1)?.key ?? null),
  };
}

/** @param of what the token is good for: the call and its filters */
export function writePageToken(key: string, of: readonly string[]): string {
  return Buffer.from(JSON.stringify([digest(of), key])).toString("base64url");
}

/** The key in a token, or null where it was not given for the same. */
export function readPageToken(token: string, of: readonly string[]): string | null {
  const parsed = parseJson(Buffer.from(token, "base64url").toString("utf8"));
  return Array.isArray(parsed) && parsed[0] === digest(of) && typeof parsed[1] === "string"
    ? parsed[1]
    : null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // No JSON is no token of ours, which the caller says.
    return null;
  }
}
