import { SlipwayError } from "../errors.ts";
import type { BlastRadius, ErrorCode, ErrorReason, JsonObject } from "../errors.ts";
import { toSnakeCase } from "../spelling.ts";
import type { Check } from "../plan.ts";

export function passed(name: string, message: string): Check {
  return { name, outcome: "passed", message };
}

export function skipped(name: string, message: string): Check {
  return { name, outcome: "skipped", message };
}

export interface FailedCheck {
  readonly code: ErrorCode;
  readonly reason: ErrorReason;
  readonly message: string;
  readonly remedy: string;
  readonly blastRadius?: BlastRadius;
  readonly metadata?: JsonObject;
}

export function failed(name: string, failure: FailedCheck): Check {
  return { name, outcome: "failed", retry: "never", blastRadius: "request", ...failure };
}

/** A failure that was thrown, as a check among the others. */
export function failedBy(name: string, error: SlipwayError): Check {
  return {
    name,
    outcome: "failed",
    code: error.code,
    reason: error.reason,
    message: error.message,
    ...(error.remedy === null ? {} : { remedy: error.remedy }),
    blastRadius: error.blastRadius,
    retry: error.retry,
    metadata: error.metadata,
  };
}

export function isFailed({ outcome }: Check): boolean {
  return outcome === "failed";
}

const UNREACHABLE: ReadonlySet<ErrorCode | undefined> = new Set([
  "UNAVAILABLE",
  "DEADLINE_EXCEEDED",
]);

/**
 * The failure of a resolution, with all its checks; null where none failed. One failed check lends the error its
 * reason and words. The code is `UNAVAILABLE` where all that failed is that a peer could not be reached, so that a
 * caller can tell "try later" from "mend something".
 */
export function checksFailure(workspace: string, checks: readonly Check[]): SlipwayError | null {
  const failures = checks.filter(isFailed);
  const [first, ...others] = failures;
  if (first === undefined) return null;
  const unreachable = failures.every(({ code }) => UNREACHABLE.has(code));
  const single = others.length === 0;
  return new SlipwayError({
    code: unreachable ? "UNAVAILABLE" : "FAILED_PRECONDITION",
    reason: single ? (first.reason ?? "CHECKS_FAILED") : "CHECKS_FAILED",
    message: single
      ? `workspace ${workspace}: ${first.message}`
      : `workspace ${workspace}: ${failures.length} checks failed: ${failures.map(({ message }) => message).join("; ")}`,
    remedy: single
      ? (first.remedy ?? "")
      : "Mend what each failed check names, then resolve again.",
    blastRadius: first.blastRadius ?? "request",
    retry: failures.every(({ retry }) => retry === "same-token") ? "same-token" : "never",
    ...(single && first.metadata !== undefined ? { metadata: first.metadata } : {}),
    checks: checks.map((check) => toSnakeCase(check)),
  });
}
