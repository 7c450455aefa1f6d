import { mergeConfiguration } from "../../adapters/docker/preflight/container-configuration.ts";
import { planSettings } from "../../adapters/docker/settings.ts";
import type { JsonObject } from "../../src/errors.ts";
import { freezePlan } from "../../src/plan/plan.ts";
import type { DockerTarget, GuestRequest, LaunchPlan, PlanDraft } from "../../src/plan/plan.ts";
import { NO_INPUT } from "../../src/substrate/contract.ts";
import type { Launch, LaunchMember, LaunchSecrets } from "../../src/substrate/contract.ts";

/** A digest that is readable in a failed comparison. */
export function digestOf(letter: string): string {
  return `sha256:${letter.repeat(64)}`;
}

export interface DraftChanges {
  readonly target?: Partial<DockerTarget>;
  readonly guest?: Partial<GuestRequest>;
  readonly shape?: Partial<PlanDraft["shape"]>;
  readonly artifact?: Partial<PlanDraft["artifact"]>;
  readonly architecture?: PlanDraft["architecture"];
  readonly place?: string;
}

/** A draft of a workspace that requests nothing beyond its image, with the given changes. */
export function dockerDraft(changes: DraftChanges = {}): PlanDraft {
  const architecture = changes.architecture ?? "amd64";
  return {
    workspace: "agent-dev",
    tenant: "acme",
    substrate: "DOCKER",
    architecture,
    artifact: {
      id: `registry.test:5000/team/agent@${digestOf("a")}`,
      requested: "registry.test:5000/team/agent:1.4",
      pinned: true,
      indexDigest: digestOf("b"),
      imageId: digestOf("c"),
      chainId: digestOf("d"),
      platform: `linux/${architecture}`,
      createdAt: "2026-01-02T03:04:05Z",
      ...changes.artifact,
    },
    machineType: "default",
    shape: {
      record: null,
      vcpus: null,
      memoryGb: null,
      diskSizeGb: 0,
      diskType: null,
      ...changes.shape,
    },
    target: {
      substrate: "DOCKER",
      host: null,
      network: null,
      labels: {},
      platforms: [],
      publishAddress: "127.0.0.1",
      ...changes.target,
    },
    candidates: [{ place: changes.place ?? "engine-host", verdict: "eligible", reason: null }],
    credential: { kind: "anonymous" },
    guest: {
      repos: [],
      ports: [],
      secretRefs: [],
      runtimeSecretMounts: [],
      userData: null,
      bootDocument: "cloud-init",
      ...changes.guest,
    },
    sources: {},
    records: [
      { kind: "workspace", name: "agent-dev", generation: 3 },
      { kind: "image", name: "agent-base", generation: 2 },
      { kind: "placement", name: "engine", generation: 1 },
    ],
    floatingReads: [],
  };
}

/** The plan of a draft, merged with an image's execution parameters as in `preflight`. */
export function dockerPlan(changes: DraftChanges = {}, config: JsonObject = {}): LaunchPlan {
  const draft = dockerDraft(changes);
  const settings = planSettings(mergeConfiguration(draft, { config }).container);
  return freezePlan({ ...draft, settings, checks: [] });
}

export const NO_SECRETS: LaunchSecrets = { credential: null, environment: {}, files: [] };

/** A launch of one member with a fixed token. */
export function launchOf(plan: LaunchPlan, changes: Partial<Launch> = {}): Launch {
  return {
    token: "0123456789abcdef".repeat(4),
    plan,
    place: { place: "engine-host", verdict: "eligible", reason: null },
    ownership: {
      owner: "ledger-1",
      tenant: plan.tenant,
      workspace: plan.workspace,
      planId: plan.planId,
      launchId: "0123456789abcdef".repeat(2),
    },
    members: [memberOf("spawn-1")],
    userData: "",
    secrets: NO_SECRETS,
    ...changes,
  };
}

export function memberOf(spawnId: string): LaunchMember {
  return { spawnId, ...NO_INPUT, bootDocument: JSON.stringify({ spawn_id: spawnId }) };
}
