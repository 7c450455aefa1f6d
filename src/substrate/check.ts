import type { SlipwayError } from "../errors.ts";
import type { Check } from "../plan/plan.ts";

/** How findings are made, the same in every adapter and in the resolver. */
export function passed(name: string, message: string): Check {
  return { name, outcome: "passed", message };
}

export function skipped(name: string, message: string): Check {
  return { name, outcome: "skipped", message };
}

/** Something that whoever reads the plan should know, and that keeps nobody from launching it. */
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

/** An error as a failed check. `prefix` is put before its message. */
export function failedBy(name: string, error: SlipwayError, prefix = ""): Check {
  return failed(name, {
    code: error.code,
    reason: error.reason,
    message: `${prefix}${error.message}`,
    remedy: error.remedy ?? "Correct what the message names, then resolve again.",
    blastRadius: error.blastRadius,
    retry: error.retry,
    metadata: error.metadata,
  });
}
