import type { LaunchPlan } from "../../plan/plan.ts";
import type { Notices } from "../output/progress.ts";

/** Tells what a resolution found that nothing fails for. */
export function warnOfChecks(notices: Notices, plan: LaunchPlan): void {
  for (const check of plan.checks)
    if (check.outcome === "warning") notices.warn(check.message, check.remedy);
}
