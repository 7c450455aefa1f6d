import { GceFailure, invalidField } from "../failure.ts";
import { readPageToken, sliceAfter, writePageToken } from "../../server/paging.ts";

export interface PageRequest {
  readonly maxResults: string | null;
  readonly pageToken: string | null;
  readonly orderBy: string | null;
  /** The query that a token is valid for: the call and its filter. */
  readonly query: readonly string[];
}

export interface Page<T> {
  readonly records: readonly T[];
  readonly nextPageToken: string | null;
}

/** The sort keys of a record. */
export interface Sortable {
  readonly name: string;
  readonly createdAt: number;
  /** Makes the key unique among records with the same name. */
  readonly id: string;
}

const MAXIMUM = 500;

/** One page, sorted by name, or newest first. */
export function page<T>(
  records: readonly T[],
  keyOf: (record: T) => Sortable,
  { maxResults, pageToken, orderBy, query }: PageRequest,
): Page<T> {
  const key = sortKey(orderBy);
  const after = pageToken === null || pageToken === "" ? null : readToken(pageToken, query);
  const keyed = records.map((record) => ({ record, key: key(keyOf(record)) }));
  const { records: shown, last } = sliceAfter(keyed, after, sizeOf(maxResults));
  return { records: shown, nextPageToken: last === null ? null : writePageToken(last, query) };
}

/** Returns a unique text per record that sorts in the requested order. */
function sortKey(orderBy: string | null): (record: Sortable) => string {
  switch (orderBy) {
    case null:
    case "":
    case "name":
      // The separator sorts before every character of a name: `a` comes before `a-b`.
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

function readToken(token: string, query: readonly string[]): string {
  const key = readPageToken(token, query);
  if (key !== null) return key;
  throw new GceFailure("invalid", `Invalid value for field 'pageToken': '${token.slice(0, 200)}'.`);
}
