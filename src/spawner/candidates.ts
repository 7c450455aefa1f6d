import { SlipwayError } from "../errors.ts";
import type { Candidate, LaunchPlan } from "../plan.ts";

/**
 * The place that a spawn goes to: the first eligible candidate in the plan's order.
 *
 * @throws SlipwayError `FAILED_PRECONDITION` / `CHECKS_FAILED` where every candidate was rejected.
 */
export function firstCandidate(plan: LaunchPlan): Candidate {
  const candidate = plan.candidates.find(({ verdict }) => verdict === "eligible");
  if (candidate !== undefined) return candidate;
  throw new SlipwayError({
    code: "FAILED_PRECONDITION",
    reason: "CHECKS_FAILED",
    message: `workspace ${plan.workspace}: no place is left to launch in (${plan.candidates
      .map(({ place, reason }) => `${place}: ${reason ?? "rejected"}`)
      .join("; ")})`,
    remedy: "Name another zone or subnet in the placement, or another machine type.",
  });
}
