import { Ec2Failure, invalidCombination, invalidValue } from "./failure.ts";
import { readPageToken, sliceAfter, writePageToken } from "../server/paging.ts";

interface PageRequest {
  readonly MaxResults: number | null;
  readonly NextToken: string | null;
}

export interface PageLimits {
  /** The query that the token is valid for: the call and its filters. */
  readonly query: readonly string[];
  readonly minimum: number;
  readonly maximum: number;
}

export interface Page<T> {
  readonly records: readonly T[];
  readonly nextToken: string | null;
}

/** One page in key order. */
export function page<T>(
  records: readonly T[],
  keyOf: (record: T) => string,
  { MaxResults, NextToken }: PageRequest,
  { query, minimum, maximum }: PageLimits,
): Page<T> {
  if (MaxResults !== null && (MaxResults < minimum || MaxResults > maximum))
    throw invalidValue(
      `Value ( ${MaxResults} ) for parameter maxResults is invalid. Expecting a value between ${minimum} and ${maximum}.`,
    );
  const after = NextToken === null ? null : readToken(NextToken, query);
  const keyed = records.map((record) => ({ record, key: keyOf(record) }));
  const size = MaxResults ?? (NextToken === null ? Infinity : maximum);
  const { records: shown, last } = sliceAfter(keyed, after, size);
  return { records: shown, nextToken: last === null ? null : writePageToken(last, query) };
}

function readToken(token: string, query: readonly string[]): string {
  const key = readPageToken(token, query);
  if (key !== null) return key;
  throw new Ec2Failure("InvalidNextToken", "The specified NextToken is not valid.");
}

/** EC2 does not page a request that lists ids. */
export function refusePagingOfIds(
  ids: readonly string[],
  { MaxResults }: PageRequest,
  idsName: string,
): void {
  if (ids.length > 0 && MaxResults !== null)
    throw invalidCombination(
      `The parameter ${idsName} cannot be used with the parameter maxResults`,
    );
}
