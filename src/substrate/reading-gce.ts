import type { ErrorReason, SlipwayError } from "../errors.ts";
import type { Check } from "../plan/plan.ts";
import { failedBy, passed, skipped } from "./check.ts";
import { gceError } from "../../adapters/gce/errors/errors.ts";
import type { GceCallContext } from "../../adapters/gce/errors/errors.ts";

/** What a read gave: an answer or an error, since one that failed leaves the others something to say. */
export type Reading<Value> =
  | { readonly value: Value; readonly error: null }
  | { readonly value: null; readonly error: SlipwayError };

/** What the caller's own signal ends is no finding, and neither is a defect of ours. */
const NO_FINDINGS: ReadonlySet<ErrorReason> = new Set(["INTERRUPTED", "TIMED_OUT", "INTERNAL"]);

/** @throws SlipwayError for a cancellation alone */
export async function settled<Value>(
  read: Promise<Value>,
  context: GceCallContext,
): Promise<Reading<Value>> {
  try {
    return { value: await read, error: null };
  } catch (caught) {
    const error = gceError(caught, context);
    if (NO_FINDINGS.has(error.reason)) throw error;
    return { value: null, error };
  }
}

/** Causes that spoil every call alike, whichever it was that met them. */
const OF_ALL_CALLS: ReadonlyMap<ErrorReason, string> = new Map([
  ["CLOUD_UNAUTHENTICATED", "cloud.credentials"],
  ["CLOUD_CONFIGURATION_INVALID", "cloud.credentials"],
  ["CLOUD_ENDPOINT_INVALID", "cloud.endpoint"],
  ["CLOUD_UNAVAILABLE", "cloud.reachable"],
  ["CLOUD_RATE_LIMITED", "cloud.reachable"],
]);

/** The check that tells of a cause which spoils every call; null for an error of one call alone. */
export function obstacleName({ reason, blastRadius }: SlipwayError): string | null {
  // The API is not enabled, or nobody pays for it.
  if (reason === "CLOUD_PERMISSION_DENIED" && blastRadius === "account") return "cloud.credentials";
  return OF_ALL_CALLS.get(reason) ?? null;
}

/** A check whose read failed: it says so, unless the cause spoils every call and is told once for all. */
export function unread(name: string, error: SlipwayError): Check {
  return obstacleName(error) === null
    ? failedBy(name, error)
    : skipped(name, "not known, because Compute Engine did not answer");
}

/** The causes that spoil every call, each told once, whatever number of reads has met it. */
export function obstacleChecks(
  project: string,
  errors: readonly (SlipwayError | null)[],
): readonly Check[] {
  const told = new Map<string, Check>();
  for (const error of errors) {
    const name = error === null ? null : obstacleName(error);
    if (error === null || name === null || told.has(error.reason)) continue;
    told.set(error.reason, failedBy(name, error));
  }
  return told.size > 0
    ? [...told.values()]
    : [passed("cloud.reachable", `Compute Engine answers for project ${project}`)];
}
