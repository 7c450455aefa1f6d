import { GceFailure, invalidField } from "../failure.ts";
import { readPageToken, sliceAfter, writePageToken } from "../../server/paging.ts";

export interface PageRequest {
  readonly maxResults: string | null;
  readonly pageToken: string | null;
  readonly orderBy: string | null;
  /** What a token is good for: the call and its filter. */
  readonly of: readonly string[];
}

export interface Page<T> {
  readonly records: readonly T[];
  readonly nextPageToken: string | null;
}

/** What a list is sorted by. */
export interface Sortable {
  readonly name: string;
  readonly createdAt: number;
  /** What tells it from others of its name. */
  readonly id: string;
}

const MAXIMUM = 500;

/** One page, sorted by name, or newest first. */
export function page<T>(
  records: readonly T[],
  keyOf: (record: T) => Sortable,
  { maxResults, pageToken, orderBy, of }: PageRequest,
): Page<T> {
  const key = sortKey(orderBy);
  const after = pageToken === null || pageToken === "" ? null : readToken(pageToken, of);
  const keyed = records.map((record) => ({ record, key: key(keyOf(record)) }));
  const { records: shown, last } = sliceAfter(keyed, after, sizeOf(maxResults));
  return { records: shown, nextPageToken: last === null ? null : writePageToken(last, of) };
}

/** Text by which records sort as asked, each different from all others. */
function sortKey(orderBy: string | null): (record: Sortable) => string {
  switch (orderBy) {
    case null:
    case "":
    case "name":
      // A separator below every character of a name: `a` comes before `a-b`.
      return ({ name, id }) => `${name} ${id}`;
    case "creationTimestamp desc":
      return ({ createdAt, id }) => `${String(1e15 - createdAt).padStart(16, "0")} ${id}`;
    default:
      throw invalidField(
        "orderBy",
        orderBy,
        "Only 'name' and 'creationTimestamp desc' are supported.",
      );
  }
}

function sizeOf(maxResults: string | null): number {
  if (maxResults === null) return MAXIMUM;
  const size = /^\d{1,9}$/.test(maxResults) ? Number(maxResults) : -1;
  if (size < 0 || size > MAXIMUM)
    throw invalidField("maxResults", maxResults, `Must be between 0 and ${MAXIMUM}, inclusive.`);
  return size === 0 ? MAXIMUM : size;
}

function readToken(token: string, of: readonly string[]): string {
  const key = readPageToken(token, of);
  if (key !== null) return key;
  throw new GceFailure("invalid", `Invalid value for field 'pageToken': '${token.slice(0, 200)}'.`);
}
