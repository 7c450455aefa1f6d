import { freezePlan } from "../../src/plan/plan.ts";
import type { LaunchPlan } from "../../src/plan/plan.ts";

const DIGEST = `sha256:${"a".repeat(64)}`;

/** A complete plan for the Docker substrate, with the given changes. */
export function samplePlan(changes: Partial<Omit<LaunchPlan, "planId">> = {}): LaunchPlan {
  return freezePlan({
    workspace: "agent-dev",
    tenant: "default",
    substrate: "DOCKER",
    architecture: "amd64",
    artifact: {
      id: `registry.example/team/agent@${DIGEST}`,
      requested: "registry.example/team/agent:v1",
      pinned: true,
      indexDigest: null,
      imageId: DIGEST,
      chainId: DIGEST,
      platform: "linux/amd64",
    },
    machineType: "unlimited",
    shape: { record: null, vcpus: null, memoryGb: null, diskSizeGb: 0, diskType: null },
    target: {
      substrate: "DOCKER",
      host: null,
      network: null,
      labels: { "com.example.team": "agents" },
      platforms: [],
      publishAddress: "127.0.0.1",
    },
    candidates: [{ place: "engine-1", verdict: "eligible", reason: null }],
    credential: { kind: "anonymous" },
    guest: {
      repos: [],
      ports: [{ port: 8080, name: "web" }],
      secretRefs: [],
      runtimeSecretMounts: [],
      userData: null,
      bootDocument: "cloud-init",
    },
    settings: { container: { workingDir: "/work", labels: { "a.b/C_d": "kept" } } },
    checks: [{ name: "engine.reachable", outcome: "passed", message: "the engine answers" }],
    sources: { "/artifact/id": "image agent generation 1 docker.image_ref" },
    records: [{ kind: "workspace", name: "agent-dev", generation: 1 }],
    floatingReads: [
      {
        reference: "registry.example/team/agent:v1",
        value: DIGEST,
        readAt: "2026-11-22T04:00:00.000Z",
      },
    ],
    ...changes,
  });
}
