import { isSlipwayError } from "../errors.ts";
import type { ErrorReason, SlipwayError } from "../errors.ts";
import type { Check } from "../plan/plan.ts";
import { failedBy, passed, skipped } from "./check.ts";

/** What a read gave: an answer or an error, since one that failed leaves the others something to say. */
export type Reading<Value> =
  | { readonly value: Value; readonly error: null }
  | { readonly value: null; readonly error: SlipwayError };

/** What the caller's own signal ends is no finding. */
const ENDED_BY_CALLER: ReadonlySet<ErrorReason> = new Set(["INTERRUPTED", "TIMED_OUT"]);

/** @throws SlipwayError for a cancellation alone */
export async function settled<Value>(read: Promise<Value>): Promise<Reading<Value>> {
  try {
    return { value: await read, error: null };
  } catch (caught) {
    if (!isSlipwayError(caught) || ENDED_BY_CALLER.has(caught.reason)) throw caught;
    return { value: null, error: caught };
  }
}

/** Causes that spoil every call alike, whichever it was that met them. */
const OF_ALL_CALLS: ReadonlyMap<ErrorReason, string> = new Map([
  ["CLOUD_UNAUTHENTICATED", "cloud.credentials"],
  ["CLOUD_ENDPOINT_INVALID", "cloud.endpoint"],
  ["CLOUD_UNAVAILABLE", "cloud.reachable"],
  ["CLOUD_RATE_LIMITED", "cloud.reachable"],
]);

/** The check that tells of a cause which spoils every call; null for an error of one call alone. */
export function obstacleName({ reason, metadata }: SlipwayError): string | null {
  // A role that cannot be assumed is met by every call that wants its credentials.
  if (metadata["operation"] === "AssumeRole") return "cloud.credentials";
  return OF_ALL_CALLS.get(reason) ?? null;
}

/** A check whose read failed: it says so, unless the cause spoils every call and is told once for all. */
export function unread(name: string, error: SlipwayError): Check {
  return obstacleName(error) === null
    ? failedBy(name, error)
    : skipped(name, "not known, because AWS did not answer");
}

/** The causes that spoil every call, each told once, whatever number of reads has met it. */
export function obstacleChecks(
  region: string,
  errors: readonly (SlipwayError | null)[],
): readonly Check[] {
  const told = new Map<string, Check>();
  for (const error of errors) {
    if (error === null) continue;
    const name = obstacleName(error);
    const key = `${name} ${error.reason}`;
    if (name !== null && !told.has(key)) told.set(key, failedBy(name, error));
  }
  return told.size > 0
    ? [...told.values()]
    : [passed("cloud.reachable", `EC2 answers in ${region}`)];
}
