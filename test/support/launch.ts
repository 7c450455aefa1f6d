import { createHash } from "node:crypto";
import { freezePlan } from "../../src/plan/plan.ts";
import type { LaunchPlan } from "../../src/plan/plan.ts";
import { NO_INPUT } from "../../src/substrate/contract.ts";
import type { Launch } from "../../src/substrate/contract.ts";

export const FAKE_IMAGE = "registry.test/agents/base:1";
export const FAKE_ARTIFACT = `registry.test/agents/base@sha256:${"a".repeat(64)}`;

/** A complete plan for the fake substrate, with the given changes. */
export function fakePlan(change: Partial<Omit<LaunchPlan, "planId">> = {}): LaunchPlan {
  return freezePlan({
    workspace: "agent-dev",
    tenant: "default",
    substrate: "DOCKER",
    architecture: "amd64",
    artifact: { id: FAKE_ARTIFACT, requested: FAKE_IMAGE, pinned: true },
    machineType: "unlimited",
    shape: { record: null, vcpus: null, memoryGb: null, diskSizeGb: 0, diskType: null },
    target: {
      substrate: "DOCKER",
      host: null,
      network: null,
      labels: {},
      platforms: [],
      publishAddress: "127.0.0.1",
    },
    candidates: [{ place: "fake", verdict: "eligible", reason: null }],
    credential: null,
    guest: {
      repos: [],
      ports: [{ port: 8080, name: null }],
      secretRefs: [],
      runtimeSecretMounts: [],
      userData: null,
      bootDocument: "none",
    },
    settings: {},
    checks: [],
    sources: {},
    records: [],
    floatingReads: [],
    ...change,
  });
}

/** A launch of one member for that plan. Its token is derived from `name`: another name is another launch. */
export function fakeLaunch(name: string, change: Partial<Launch> = {}): Launch {
  const plan = change.plan ?? fakePlan();
  return {
    token: createHash("sha256").update(name).digest("hex"),
    plan,
    place: { place: "fake", verdict: "eligible", reason: null },
    ownership: {
      owner: "ledger-1",
      tenant: plan.tenant,
      workspace: plan.workspace,
      planId: plan.planId,
      launchId: name,
    },
    members: [{ spawnId: name, ...NO_INPUT, bootDocument: "{}" }],
    userData: "",
    secrets: { credential: null, environment: {}, files: [] },
    ...change,
  };
}
