import { invalidArgument, SlipwayError } from "../errors.ts";
import type { RegistryCredential } from "../oci/credential.ts";
import { memoizeFrozen } from "../async/memoize.ts";
import type { LaunchPlan } from "../plan/plan.ts";
import type { SubstrateAdapter } from "../substrate/contract.ts";
import { checksFailure } from "./checks-failure.ts";
import { pinnedSource } from "./select-image.ts";

/**
 * Checks that a plan from outside belongs to this tenant and may be spawned.
 *
 * @throws SlipwayError `INVALID_ARGUMENT` / `INVALID_PLAN`, `FAILED_PRECONDITION` / `PLAN_UNPINNED` or its failed checks
 */
export function checkSpawnable(plan: LaunchPlan, tenant: string): void {
  if (plan.tenant !== tenant)
    throw invalidArgument(
      "INVALID_PLAN",
      `plan ${plan.planId} belongs to tenant ${plan.tenant}, not to ${tenant}`,
      "Spawn it as its own tenant, or resolve the workspace again.",
    );
  const { failure } = checked(plan);
  if (failure !== null) throw failure;
  if (!plan.artifact.pinned)
    throw new SlipwayError({
      code: "FAILED_PRECONDITION",
      reason: "PLAN_UNPINNED",
      message: `plan ${plan.planId} was resolved offline: ${plan.artifact.requested} has not been looked up`,
      remedy: "Resolve the workspace again without --offline.",
      metadata: { plan_id: plan.planId },
    });
}

/** Memoized, so that a plan that is launched many times is checked once. */
const checked = memoizeFrozen((plan: LaunchPlan) => ({
  failure: checksFailure(plan.workspace, plan.checks),
}));

/**
 * @param generations current generations of the plan's records, in the plan's order
 * @throws SlipwayError `FAILED_PRECONDITION` / `PLAN_STALE` if a record that the plan depends on has changed
 */
export function refuseStale(plan: LaunchPlan, generations: readonly (number | null)[]): void {
  const changes = changedRecords(plan, generations);
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

/** Whether a record that the plan depends on has changed; `generations` as in {@link refuseStale}. */
export function isStale(plan: LaunchPlan, generations: readonly (number | null)[]): boolean {
  return changedRecords(plan, generations).length > 0;
}

function changedRecords(
  plan: LaunchPlan,
  generations: readonly (number | null)[],
): readonly string[] {
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

/**
 * Looks up the pinned artifact of a saved plan again. Since the plan was reviewed, the image may have been deleted,
 * withdrawn, or replaced by another one with the same name.
 */
export async function readPinnedAgain(
  adapter: SubstrateAdapter,
  plan: LaunchPlan,
  credential: RegistryCredential | null,
  signal: AbortSignal,
): Promise<void> {
  const inspection = await adapter.inspectImage(
    pinnedSource(plan, credential),
    { imageName: plan.artifact.requested, architecture: plan.architecture },
    signal,
  );
  const failure = checksFailure(plan.workspace, inspection.checks);
  if (failure !== null) throw failure;
  const { artifact } = inspection;
  if (artifact?.id === plan.artifact.id && artifact.numericId === plan.artifact.numericId) return;
  throw new SlipwayError({
    code: "FAILED_PRECONDITION",
    reason: "PLAN_STALE",
    message: `plan ${plan.planId}: ${plan.artifact.id} is no longer the artifact that was reviewed`,
    remedy: "Resolve the workspace again and review the new plan.",
    blastRadius: "image",
    metadata: { plan_id: plan.planId, artifact: plan.artifact.id },
  });
}
