import { describe, expect, it } from "vitest";
import { machineLabels } from "../../../../adapters/gce/labels.ts";
import { launchedMachine, machineOf } from "../../../../adapters/gce/machine.ts";
import { instanceReply } from "../../../../adapters/gce/client/replies.ts";
import type { InstanceReply } from "../../../../adapters/gce/client/replies.ts";
import { GCE_IMAGE, gceLaunch } from "../../../support/gce-launches.ts";

const LAUNCH = gceLaunch("spawn-1");
const NAME = "spawn-1-0123456789abcdef";

function instance(change: object = {}): InstanceReply {
  return instanceReply.parse({
    id: "1234567890123456789",
    name: NAME,
    zone: "https://www.googleapis.com/compute/v1/projects/agents/zones/us-central1-a",
    machineType:
      "https://www.googleapis.com/compute/v1/projects/agents/zones/us-central1-a/machineTypes/n2-standard-2",
    status: "RUNNING",
    creationTimestamp: "2026-11-22T09:00:00.000-08:00",
    labels: machineLabels(LAUNCH, { team: "red" }),
    metadata: {
      items: [
        { key: "user-data", value: "#cloud-config\n" },
        { key: "slipway-artifact", value: GCE_IMAGE },
        { key: "slipway-architecture", value: "amd64" },
      ],
    },
    disks: [
      { boot: false, architecture: "ARM64" },
      { boot: true, architecture: "X86_64" },
    ],
    networkInterfaces: [
      { networkIP: "10.128.0.2", accessConfigs: [{ natIP: "198.18.0.1" }] },
      { networkIP: "10.129.0.2" },
    ],
    ...change,
  });
}

describe("machineOf", () => {
  it("says what an instance is in neutral words", () => {
    const { owner, tenant, workspace, launchId } = LAUNCH.ownership;
    expect(machineOf(instance(), "agents")).toEqual({
      id: `projects/agents/zones/us-central1-a/instances/${NAME}`,
      place: "us-central1-a",
      state: "running",
      architecture: "amd64",
      artifact: GCE_IMAGE,
      addresses: { private: "10.128.0.2", public: "198.18.0.1" },
      ports: [],
      launchIndex: null,
      ownership: {
        owner,
        tenant,
        workspace,
        launchId,
        planId: LAUNCH.plan.planId.slice("sha256:".length, -1),
        spawnId: "spawn-1",
      },
      end: null,
      createdAt: "2026-11-22T09:00:00.000-08:00",
      settings: {
        machineType: "n2-standard-2",
        market: "ON_DEMAND",
        networkInterfaces: [{ assignPublicIp: true }, { assignPublicIp: false }],
      },
    });
  });

  it.each([
    ["PENDING", "pending"],
    ["PROVISIONING", "pending"],
    ["STAGING", "pending"],
    ["REPAIRING", "pending"],
    ["RUNNING", "running"],
    ["SUSPENDING", "stopped"],
    ["SUSPENDED", "stopped"],
    ["TERMINATED", "stopped"],
    ["SOMETHING_NEW", "pending"],
  ])("takes %s for %s", (status, state) => {
    expect(machineOf(instance({ status }), "agents")?.state).toBe(state);
  });

  it.each(["STOPPING", "PENDING_STOP", "DEPROVISIONING"])("takes %s for gone", (status) => {
    expect(machineOf(instance({ status }), "agents")).toBe(null);
  });

  it("has no owner if another program created it", () => {
    const machine = machineOf(instance({ labels: { team: "red" }, metadata: null }), "agents");
    expect(machine).toMatchObject({ ownership: null, artifact: null });
  });

  it("believes the disk, then the plan, and else says nothing of a processor", () => {
    const architecture = (change: object) => machineOf(instance(change), "agents")?.architecture;
    expect(architecture({ disks: [{ boot: true, architecture: "ARM64" }] })).toBe("arm64");
    expect(architecture({ disks: [{ boot: true }] })).toBe("amd64");
    expect(architecture({ disks: null, metadata: null })).toBe(null);
    expect(architecture({ disks: [{ boot: true, architecture: "RISCV64" }] })).toBe(null);
  });

  it("takes an address of version 6 where there is no other", () => {
    const networkInterfaces = [
      {
        networkIP: "",
        ipv6Address: "fd20::2",
        ipv6AccessConfigs: [{ externalIpv6: "2001:db8::2" }],
      },
    ];
    expect(machineOf(instance({ networkInterfaces }), "agents")?.addresses).toEqual({
      private: "fd20::2",
      public: "2001:db8::2",
    });
    expect(machineOf(instance({ networkInterfaces: [] }), "agents")?.addresses).toEqual({
      private: null,
      public: null,
    });
  });
});

describe("launchedMachine", () => {
  it("says of a new machine what will be read of it", () => {
    const { settings: _settings, ...read } = machineOf(instance(), "agents") ?? {};
    expect(launchedMachine(LAUNCH, { project: "agents", name: NAME })).toEqual({
      ...read,
      state: "pending",
      addresses: { private: null, public: null },
      createdAt: null,
    });
  });
});
