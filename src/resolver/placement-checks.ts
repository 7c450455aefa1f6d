import type { CatalogRecord } from "../catalog/kinds.ts";
import type { Check, PlanDraft } from "../plan/plan.ts";
import type { SubstrateAdapter } from "../substrate/contract.ts";
import { initialCandidates, placementTarget } from "./target.ts";

/** Checks about the image, or about the machine's shape. */
const NOT_ABOUT_PLACEMENTS = /^(?:engine\.(?:platform|registry)|resources\.|volume\.)/u;

/**
 * The provider's checks of a placement alone: those of a dry run that need no image, with the substrate's own choice of
 * a machine type. Checks that were not made are left out.
 */
export async function checkPlacement(
  adapter: SubstrateAdapter,
  placement: CatalogRecord<"placement">,
  { tenant, signal }: { readonly tenant: string; readonly signal: AbortSignal },
): Promise<readonly Check[]> {
  const target = placementTarget(placement);
  const machineType = "default";
  const draft: PlanDraft = {
    workspace: "none",
    tenant,
    substrate: placement.substrate,
    architecture: "amd64",
    artifact: { id: "none", requested: "none", pinned: false },
    machineType,
    shape: { record: null, vcpus: null, memoryGb: null, diskSizeGb: 0, diskType: null },
    target,
    candidates: initialCandidates(target, [machineType]),
    credential: null,
    guest: {
      repos: [],
      ports: [],
      secretRefs: [],
      runtimeSecretMounts: [],
      userData: null,
      bootDocument: "cloud-init",
    },
    sources: {},
    records: [],
    floatingReads: [],
  };
  const { checks } = await adapter.preflight(draft, {}, signal);
  return checks.filter(
    ({ name, outcome }) => outcome !== "skipped" && !NOT_ABOUT_PLACEMENTS.test(name),
  );
}
