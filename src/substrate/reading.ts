import { isSlipwayError } from "../errors.ts";
import type { ErrorReason, SlipwayError } from "../errors.ts";
import type { Check } from "../plan/plan.ts";
import { failedBy, passed, skipped } from "./check.ts";

/** The result of a read: a value or an error. A failed read does not prevent reporting the others. */
export type Reading<Value> =
  | { readonly value: Value; readonly error: null }
  | { readonly value: null; readonly error: SlipwayError };

/** Reasons that are not findings: cancellation by the caller's signal, and defects of Slipway. */
const NO_FINDINGS: ReadonlySet<ErrorReason> = new Set(["INTERRUPTED", "TIMED_OUT", "INTERNAL"]);

/**
 * Turns a read's `SlipwayError` into a value.
 *
 * @param judge turns a thrown value into a `SlipwayError`; by default the read already throws one
 * @throws cancellations, defects and errors that are not a `SlipwayError`, unchanged
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

/** Causes that make every call fail, with the check that reports each. */
const COMMON_CAUSES: ReadonlyMap<ErrorReason, string> = new Map([
  ["CLOUD_UNAUTHENTICATED", "cloud.credentials"],
  ["ACCOUNT_RESTRICTED", "cloud.account"],
  ["CLOUD_CONFIGURATION_INVALID", "cloud.credentials"],
  ["CLOUD_ENDPOINT_INVALID", "cloud.endpoint"],
  ["CLOUD_UNAVAILABLE", "cloud.reachable"],
  ["CLOUD_RATE_LIMITED", "cloud.reachable"],
  ["PROXY_REFUSED", "cloud.reachable"],
  ["PROXY_UNAVAILABLE", "cloud.reachable"],
]);

/** Turns failed reads of one provider into checks. A cause that makes every call fail is reported once. */
export interface FailedReads {
  /** The check that reports a cause common to all calls; null for an error of a single call. */
  readonly obstacleName: (error: SlipwayError) => string | null;
  /** The check whose read failed: failed with the error, or skipped if the cause is common to all calls. */
  readonly unread: (name: string, error: SlipwayError) => Check;
  /**
   * One check for each cause common to all calls; if there is none, a passed check that the provider answers.
   *
   * @param answers the passed check's message: `EC2 answers in eu-west-1`
   */
  readonly obstacleChecks: (
    answers: string,
    errors: readonly (SlipwayError | null)[],
  ) => readonly Check[];
}

/**
 * @param provider name in messages: `Compute Engine`
 * @param spoilsCredentials whether an error means that no call with these credentials can succeed, beyond what its
 * reason shows
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
