import { Ec2Failure, invalidCombination, invalidValue } from "./failure.ts";
import { readPageToken, sliceAfter, writePageToken } from "../server/paging.ts";

interface PageRequest {
  readonly MaxResults: number | null;
  readonly NextToken: string | null;
}

export interface PageLimits {
  /** What the token is good for: the call and its filters. */
  readonly of: readonly string[];
  readonly minimum: number;
  readonly maximum: number;
}

export interface Page<T> {
  readonly records: readonly T[];
  readonly nextToken: string | null;
}

/** One page, in the order of the keys. */
export function page<T>(
  records: readonly T[],
  keyOf: (record: T) => string,
  { MaxResults, NextToken }: PageRequest,
  { of, minimum, maximum }: PageLimits,
): Page<T> {
  if (MaxResults !== null && (MaxResults < minimum || MaxResults > maximum))
    throw invalidValue(
      `Value ( ${MaxResults} ) for parameter maxResults is invalid. Expecting a value between ${minimum} and ${maximum}.`,
    );
  const after = NextToken === null ? null : readToken(NextToken, of);
  const keyed = records.map((record) => ({ record, key: keyOf(record) }));
  const size = MaxResults ?? (NextToken === null ? Infinity : maximum);
  const { records: shown, last } = sliceAfter(keyed, after, size);
  return { records: shown, nextToken: last === null ? null : writePageToken(last, of) };
}

function readToken(token: string, of: readonly string[]): string {
  const key = readPageToken(token, of);
  if (key !== null) return key;
  throw new Ec2Failure("InvalidNextToken", "The specified NextToken is not valid.");
}

/** EC2 does not page what was asked for by id. */
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
