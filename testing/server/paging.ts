import { digest } from "./digest.ts";

/** A record with its unique sort key. */
export interface Keyed<T> {
  readonly record: T;
  readonly key: string;
}

export interface Slice<T> {
  readonly records: readonly T[];
  /** The key after which the next page begins; null on the last page. */
  readonly last: string | null;
}

/**
 * One page of records after a key, ordered by key. Paging by key rather than by offset neither repeats nor skips
 * records when others are added or removed between two pages.
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

/** @param query the query that the token is valid for: the call and its filters */
export function writePageToken(key: string, query: readonly string[]): string {
  return Buffer.from(JSON.stringify([digest(query), key])).toString("base64url");
}

/** The key in a token, or null if the token is malformed or belongs to another query. */
export function readPageToken(token: string, query: readonly string[]): string | null {
  const parsed = parseJson(Buffer.from(token, "base64url").toString("utf8"));
  return Array.isArray(parsed) && parsed[0] === digest(query) && typeof parsed[1] === "string"
    ? parsed[1]
    : null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Invalid JSON means an invalid token; the caller reports it.
    return null;
  }
}
