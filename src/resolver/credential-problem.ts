import { SlipwayError, type ErrorCode } from "../errors.ts";
import type { Check } from "../plan/plan.ts";
import { isFailed } from "./checks-failure.ts";

/** The codes of a registry's refusals that a credential may change. */
const REFUSALS: ReadonlySet<ErrorCode | undefined> = new Set([
  "UNAUTHENTICATED",
  "PERMISSION_DENIED",
  "NOT_FOUND",
]);

/** The message, with the reason why Docker's configuration yielded no credential. */
export function withProblem(message: string, problem: SlipwayError): string {
  return `${message}, because Docker's configuration was not used: ${problem.message}`;
}

/** Adds the problem to the failed checks that it may have caused. */
export function explainedBy(
  problem: SlipwayError | undefined,
  checks: readonly Check[],
): readonly Check[] {
  if (problem === undefined) return checks;
  return checks.map((check) =>
    isFailed(check) && REFUSALS.has(check.code)
      ? { ...check, message: withCause(check.message, problem) }
      : check,
  );
}

/** Adds the problem to an error that it may have caused. */
export function explainedError(
  problem: SlipwayError | undefined,
  error: SlipwayError,
): SlipwayError {
  if (problem === undefined || !REFUSALS.has(error.code)) return error;
  return new SlipwayError({
    code: error.code,
    reason: error.reason,
    message: withCause(error.message, problem),
    remedy: error.remedy ?? "",
    blastRadius: error.blastRadius,
    retry: error.retry,
    metadata: error.metadata,
    cause: error,
  });
}

function withCause(message: string, { message: why }: SlipwayError): string {
  return `${message} (the request had no credential: ${why})`;
}
