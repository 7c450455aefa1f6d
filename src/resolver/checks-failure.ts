import { SlipwayError } from "../errors.ts";
import type { ErrorCode } from "../errors.ts";
import { toSnakeCase } from "../json/field-case.ts";
import type { Check } from "../plan/plan.ts";

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
