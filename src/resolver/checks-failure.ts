import { SlipwayError } from "../errors.ts";
import type { ErrorCode } from "../errors.ts";
import type { Check } from "../plan/plan.ts";

export function isFailed({ outcome }: Check): boolean {
  return outcome === "failed";
}

const UNREACHABLE: ReadonlySet<ErrorCode | undefined> = new Set([
  "UNAVAILABLE",
  "DEADLINE_EXCEEDED",
]);

/**
 * The error of a failed resolution, with all its checks; null if no check failed. If exactly one check failed, the
 * error has that check's reason and message. The code is `UNAVAILABLE` if every failed check failed only because a
 * peer was unreachable, so that callers can distinguish "try later" from "fix something".
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
    remedy: single ? (first.remedy ?? "") : "Fix the failed checks, then resolve again.",
    blastRadius: first.blastRadius ?? "request",
    retry: failures.every(({ retry }) => retry === "same-token") ? "same-token" : "never",
    ...(single && first.metadata !== undefined ? { metadata: first.metadata } : {}),
    checks,
  });
}
