import type { SlipwayError } from "../errors.ts";
import type { Check } from "../plan/plan.ts";

/** Creates the checks of every adapter and of the resolver. */
export function passed(name: string, message: string): Check {
  return { name, outcome: "passed", message };
}

export function skipped(name: string, message: string): Check {
  return { name, outcome: "skipped", message };
}

/** A check that informs the plan's reader and does not block the launch. */
export function warning(
  name: string,
  finding: Required<Pick<Check, "message" | "remedy">> & Pick<Check, "code" | "reason">,
): Check {
  return { name, outcome: "warning", ...finding };
}

export type Failure = Required<Pick<Check, "code" | "reason" | "message" | "remedy">> &
  Pick<Check, "blastRadius" | "retry" | "metadata">;

export function failed(name: string, failure: Failure): Check {
  return { name, outcome: "failed", blastRadius: "request", retry: "never", ...failure };
}

/**
 * Turns an error into a failed check.
 *
 * @param prefix put before the error's message
 */
export function failedBy(name: string, error: SlipwayError, prefix = ""): Check {
  return failed(name, {
    code: error.code,
    reason: error.reason,
    message: `${prefix}${error.message}`,
    remedy: error.remedy ?? "Fix the problem in the message, then resolve again.",
    blastRadius: error.blastRadius,
    retry: error.retry,
    metadata: error.metadata,
  });
}
