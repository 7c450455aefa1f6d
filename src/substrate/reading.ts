import { isSlipwayError } from "../errors.ts";
import type { ErrorReason, SlipwayError } from "../errors.ts";
import type { Check } from "../plan/plan.ts";
import { failedBy, passed, skipped } from "./check.ts";

/** The result of a read: a value or an error. One failed read leaves the others something to report. */
export type Reading<Value> =
  | { readonly value: Value; readonly error: null }
  | { readonly value: null; readonly error: SlipwayError };

/** Not findings: what the caller's own signal ended, and a defect of Slipway. */
const NO_FINDINGS: ReadonlySet<ErrorReason> = new Set(["INTERRUPTED", "TIMED_OUT", "INTERNAL"]);

/**
 * @param judge turns what the read threw into an error; default: it is a `SlipwayError` already
 * @throws SlipwayError for a cancellation and for a defect
 */
export async function settled<Value>(
  read: Promise<Value>,
  judge: (caught: unknown) => unknown = (caught) => caught,
): Promise<Reading<Value>> {
  try {
    return { value: await read, error: null };
  } catch (caught) {
    const error = judge(caught);
    if (!isSlipwayError(error) || NO_FINDINGS.has(error.reason)) throw error;
    return { value: null, error };
  }
}

/** Causes that make every call fail alike, with the check that reports each. */
const COMMON_CAUSES: ReadonlyMap<ErrorReason, string> = new Map([
  ["CLOUD_UNAUTHENTICATED", "cloud.credentials"],
  ["CLOUD_CONFIGURATION_INVALID", "cloud.credentials"],
  ["CLOUD_ENDPOINT_INVALID", "cloud.endpoint"],
  ["CLOUD_UNAVAILABLE", "cloud.reachable"],
  ["CLOUD_RATE_LIMITED", "cloud.reachable"],
]);

/** Turns failed reads of one provider into checks. A cause that makes every call fail is reported once. */
export interface FailedReads {
  /** The check that reports a cause of all calls; null for an error of one call alone. */
  readonly obstacleName: (error: SlipwayError) => string | null;
  /** The check whose read failed: failed with the error, or skipped if the cause is one of all calls. */
  readonly unread: (name: string, error: SlipwayError) => Check;
  /**
   * One check for each cause of all calls, or one that says that the provider answers.
   *
   * @param answers such as `EC2 answers in eu-west-1`
   */
  readonly obstacleChecks: (
    answers: string,
    errors: readonly (SlipwayError | null)[],
  ) => readonly Check[];
}

/**
 * @param provider its name in messages: `Compute Engine`
 * @param spoilsCredentials whether an error means that no call with these credentials can succeed, although its reason
 * alone does not say so
 */
export function createFailedReads(
  provider: string,
  spoilsCredentials: (error: SlipwayError) => boolean,
): FailedReads {
  const obstacleName = (error: SlipwayError): string | null =>
    spoilsCredentials(error) ? "cloud.credentials" : (COMMON_CAUSES.get(error.reason) ?? null);
  return {
    obstacleName,
    unread: (name, error) =>
      obstacleName(error) === null
        ? failedBy(name, error)
        : skipped(name, `not known, because ${provider} did not answer`),
    obstacleChecks(answers, errors) {
      const checks = new Map<string, Check>();
      for (const error of errors) {
        const name = error === null ? null : obstacleName(error);
        if (error === null || name === null) continue;
        const key = `${name} ${error.reason}`;
        if (!checks.has(key)) checks.set(key, failedBy(name, error));
      }
      return checks.size > 0 ? [...checks.values()] : [passed("cloud.reachable", answers)];
    },
  };
}
