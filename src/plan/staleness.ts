import { SlipwayError } from "../errors.ts";
import type { LaunchPlan } from "./plan.ts";

/** How long after its resolution a plan is spawned without reading its pinned artifact again, in milliseconds. */
const WARM_MILLISECONDS = 60_000;

/**
 * Whether a plan was resolved so recently that its pinned artifact need not be read again.
 *
 * @param resolvedAt when this process resolved it, in milliseconds since the epoch; undefined if it did not
 * @param now milliseconds since the epoch
 */
export function isWarm(resolvedAt: number | undefined, now: number): boolean {
  return resolvedAt !== undefined && now - resolvedAt <= WARM_MILLISECONDS;
}

/**
 * Whether a record that the plan was made from has changed.
 *
 * @param generations the current generations of the plan's records, in their order; null for a deleted record
 */
export function isStale(plan: LaunchPlan, generations: readonly (number | null)[]): boolean {
  return changesSince(plan, generations).length > 0;
}

/**
 * @param generations as for {@link isStale}
 * @throws SlipwayError `FAILED_PRECONDITION` / `PLAN_STALE` if a record that the plan was made from has changed
 */
export function refuseStale(plan: LaunchPlan, generations: readonly (number | null)[]): void {
  const changes = changesSince(plan, generations);
  if (changes.length === 0) return;
  throw new SlipwayError({
    code: "FAILED_PRECONDITION",
    reason: "PLAN_STALE",
    message: `plan ${plan.planId} of workspace ${plan.workspace} is stale: ${changes.join("; ")}`,
    remedy:
      "Resolve the workspace again and review the new plan, or spawn this one anyway with --allow-stale.",
    metadata: { plan_id: plan.planId, changes },
  });
}

function changesSince(plan: LaunchPlan, generations: readonly (number | null)[]): string[] {
  return plan.records.flatMap(({ kind, name, generation }, index) => {
    const now = generations[index] ?? null;
    if (now === generation) return [];
    return [
      now === null
        ? `${kind} ${name} was deleted`
        : `${kind} ${name} is at generation ${now}, but the plan was resolved from generation ${generation}`,
    ];
  });
}
