import { Ec2Failure, invalidCombination, invalidValue } from "./failure.ts";
import { hash } from "./world.ts";

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

/**
 * One page, in the order of the keys. The token says after which key to go on, so that records that come or go in
 * between neither repeat others nor hide them.
 */
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
  const rest = records
    .map((record) => ({ record, key: keyOf(record) }))
    .filter(({ key }) => after === null || key > after)
    .toSorted((one, other) => (one.key < other.key ? -1 : 1));
  const size = MaxResults ?? (NextToken === null ? rest.length : maximum);
  const shown = rest.slice(0, size);
  const last = shown.at(-1);
  return {
    records: shown.map(({ record }) => record),
    nextToken: last === undefined || rest.length <= size ? null : writeToken(last.key, of),
  };
}

function writeToken(key: string, of: readonly string[]): string {
  return Buffer.from(JSON.stringify([hash(of), key])).toString("base64");
}

function readToken(token: string, of: readonly string[]): string {
  const parsed = parseJson(Buffer.from(token, "base64").toString("utf8"));
  if (Array.isArray(parsed) && parsed[0] === hash(of) && typeof parsed[1] === "string")
    return parsed[1];
  throw new Ec2Failure("InvalidNextToken", "The specified NextToken is not valid.");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // No JSON is no token of ours, which the caller says.
    return null;
  }
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
