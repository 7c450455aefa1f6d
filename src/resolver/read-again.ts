import { invalidArgument, SlipwayError } from "../errors.ts";
import type { RegistryCredential } from "../oci/credential.ts";
import { onceEach } from "../async/memoize.ts";
import type { LaunchPlan } from "../plan/plan.ts";
import type { SubstrateAdapter } from "../substrate/contract.ts";
import { checksFailure } from "./checks-failure.ts";
import { pinnedSource } from "./select-image.ts";

/**
 * Holds a plan from outside to this tenant and to what may be spawned at all.
 *
 * @throws SlipwayError `INVALID_ARGUMENT` / `INVALID_PLAN`, `FAILED_PRECONDITION` / `PLAN_UNPINNED` or its failed checks
 */
export function checkSpawnable(plan: LaunchPlan, tenant: string): void {
  if (plan.tenant !== tenant)
    throw invalidArgument(
      "INVALID_PLAN",
      `plan ${plan.planId} was made for tenant ${plan.tenant}, not for ${tenant}`,
      "Spawn it as the tenant it was made for, or resolve the workspace again.",
    );
  const { failure } = checked(plan);
  if (failure !== null) throw failure;
  if (!plan.artifact.pinned)
    throw new SlipwayError({
      code: "FAILED_PRECONDITION",
      reason: "PLAN_UNPINNED",
      message: `plan ${plan.planId} was resolved offline: nobody has looked what ${plan.artifact.requested} is`,
      remedy: "Resolve the workspace again without --offline.",
      metadata: { plan_id: plan.planId },
    });
}

/** A plan that is launched many times has its checks judged once. */
const checked = onceEach((plan: LaunchPlan) => ({
  failure: checksFailure(plan.workspace, plan.checks),
}));

/**
 * @param generations of the plan's records, in their order, as they are now
 * @throws SlipwayError `FAILED_PRECONDITION` / `PLAN_STALE` where a record that the plan was made from has moved on
 */
export function refuseStale(plan: LaunchPlan, generations: readonly (number | null)[]): void {
  const moved = changesSince(plan, generations);
  if (moved.length === 0) return;
  throw new SlipwayError({
    code: "FAILED_PRECONDITION",
    reason: "PLAN_STALE",
    message: `plan ${plan.planId} of workspace ${plan.workspace} is stale: ${moved.join("; ")}`,
    remedy:
      "Resolve the workspace again and review the new plan, or spawn this one as it is with --allow-stale.",
    metadata: { plan_id: plan.planId, changes: moved },
  });
}

/** Whether a record that the plan was made from has moved on; `generations` as of {@link refuseStale}. */
export function isStale(plan: LaunchPlan, generations: readonly (number | null)[]): boolean {
  return changesSince(plan, generations).length > 0;
}

function changesSince(
  plan: LaunchPlan,
  generations: readonly (number | null)[],
): readonly string[] {
  return plan.records.flatMap(({ kind, name, generation }, index) => {
    const now = generations[index] ?? null;
    if (now === generation) return [];
    return [
      now === null
        ? `${kind} ${name} is gone`
        : `${kind} ${name} is at generation ${now}, the plan was made from ${generation}`,
    ];
  });
}

/**
 * Reads the pinned artifact of a saved plan once more: a plan that was reviewed last week may name an image that is
 * gone, withdrawn, or another one under the same name.
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
    message: `plan ${plan.planId}: ${plan.artifact.id} is not the artifact any more that was reviewed`,
    remedy: "Resolve the workspace again and review the new plan.",
    blastRadius: "image",
    metadata: { plan_id: plan.planId, artifact: plan.artifact.id },
  });
}
