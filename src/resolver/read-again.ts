import { invalidArgument, SlipwayError } from "../errors.ts";
import type { RegistryCredential } from "../oci/credential.ts";
import { memoizeFrozen } from "../async/memoize.ts";
import type { LaunchPlan } from "../plan/plan.ts";
import type { SubstrateAdapter } from "../substrate/contract.ts";
import { checksFailure } from "./checks-failure.ts";
import { imageTarget, pinnedSource } from "./select-image.ts";

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
    imageTarget(plan.artifact.requested, plan),
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
