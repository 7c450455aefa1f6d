import { createHash } from "node:crypto";
import type { Candidate, GcpTarget, LaunchPlan } from "../../src/plan/plan.ts";
import { freezePlan } from "../../src/plan/plan.ts";
import { NO_INPUT } from "../../src/substrate/contract.ts";
import type { Launch } from "../../src/substrate/contract.ts";

export const GCE_IMAGE = "projects/agents/global/images/debian-12-v20250115";

/** A placement in two zones of one region. */
export function gcpTarget(change: Partial<GcpTarget> = {}): GcpTarget {
  return {
    substrate: "GCP",
    project: "agents",
    zones: ["us-central1-a", "us-central1-b"],
    subnet: "default",
    networkProject: null,
    assignPublicIp: false,
    serviceAccount: null,
    wifProviderResourceName: null,
    wifServiceAccount: null,
    wifReadonlyServiceAccount: null,
    labels: {},
    ...change,
  };
}

/** A complete plan of a Compute Engine VM, with the given changes. */
export function gcePlan(change: Partial<Omit<LaunchPlan, "planId">> = {}): LaunchPlan {
  return freezePlan({
    workspace: "agent-dev",
    tenant: "acme",
    substrate: "GCP",
    architecture: "amd64",
    artifact: {
      id: GCE_IMAGE,
      requested: "projects/agents/global/images/family/debian-12",
      pinned: true,
      numericId: "4242",
    },
    machineType: "e2-standard-2",
    shape: { record: null, vcpus: null, memoryGb: null, diskSizeGb: 0, diskType: null },
    target: gcpTarget(),
    candidates: [candidate("us-central1-a"), candidate("us-central1-b")],
    credential: null,
    guest: {
      repos: [],
      ports: [],
      secretRefs: [],
      runtimeSecretMounts: [],
      userData: null,
      bootDocument: "cloud-init",
    },
    settings: {},
    checks: [],
    sources: {},
    records: [],
    floatingReads: [],
    ...change,
  });
}

export function candidate(place: string, subnet = "default"): Candidate {
  return { place, subnet, verdict: "eligible", reason: null };
}

/** A launch of these spawns in the plan's first place; its token is derived from `name`. */
export function gceLaunch(
  name: string,
  change: Partial<Launch> & { readonly spawnIds?: readonly string[] } = {},
): Launch {
  const { spawnIds = [name], ...rest } = change;
  const plan = rest.plan ?? gcePlan();
  const token = createHash("sha256").update(name).digest("hex");
  return {
    token,
    plan,
    place: plan.candidates[0] ?? candidate("us-central1-a"),
    ownership: {
      owner: "ledger-1",
      tenant: plan.tenant,
      workspace: plan.workspace,
      planId: plan.planId,
      launchId: token.slice(0, 32),
    },
    members: spawnIds.map((spawnId) => ({ spawnId, ...NO_INPUT, bootDocument: "#cloud-config\n" })),
    userData: "#cloud-config\n",
    secrets: { credential: null, environment: {}, files: [] },
    ...rest,
  };
}
