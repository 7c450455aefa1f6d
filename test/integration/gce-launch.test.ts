import { describe, expect, it } from "vitest";
import { knownMachine } from "../../src/substrate/contract.ts";
import { instanceName } from "../../adapters/gce/launch/names.ts";
import type { LaunchOutcome } from "../../src/substrate/contract.ts";
import { gceLaunch, gcpTarget } from "../support/gce-launches.ts";
import { gceScene, IMAGE, placeIn, planOf, PROJECT, ZONE } from "../support/gce-scene.ts";

const { signal } = new AbortController();

function errorsOf(outcomes: readonly LaunchOutcome[]) {
  return outcomes.map((one) => {
    if (one.outcome === "accepted") throw new Error(`${one.machine.id} was accepted`);
    const { reason, retry, blastRadius } = one.error;
    return { outcome: one.outcome, reason, retry, blastRadius };
  });
}

function idsOf(outcomes: readonly LaunchOutcome[]): readonly string[] {
  return outcomes.map((one) => {
    if (one.outcome === "accepted") return one.machine.id;
    throw one.error;
  });
}

describe("a launch of one on Compute Engine", () => {
  it("is one insert, and then waiting", async () => {
    await using scene = await gceScene();
    const plan = scene.plan();
    idsOf(await scene.adapter.launch(gceLaunch("warm-up", { plan }), signal));
    scene.calls();
    const launch = gceLaunch("spawn-1", { plan });
    const name = instanceName(launch.token, "spawn-1");
    expect(idsOf(await scene.adapter.launch(launch, signal))).toEqual([
      `projects/agents/zones/us-central1-a/instances/${name}`,
    ]);
    const [insert, ...others] = scene.calls();
    expect(insert).toBe("instances.insert");
    // The disk is read in the meantime.
    expect(others.toSorted()).toEqual(["disks.get", "zoneOperations.wait"]);
    const made = scene.gce.instances(PROJECT).find((one) => one.name === name);
    expect(made).toMatchObject({
      zone: ZONE,
      machineType: "e2-standard-2",
      labels: { "slipway-spawn": "spawn-1", "slipway-tenant": "acme" },
      metadata: [
        { key: "user-data", value: "#cloud-config\n" },
        { key: "slipway-artifact", value: plan.artifact.id },
        { key: "slipway-architecture", value: "amd64" },
      ],
      networks: [{ external: null }],
      serviceAccounts: [],
      shielded: { enableSecureBoot: false, enableVtpm: true, enableIntegrityMonitoring: true },
    });
    expect(scene.gce.disks(PROJECT).find((disk) => disk.name === name)).toMatchObject({
      labels: made?.labels,
      user: name,
      sizeGb: 10,
    });
  });

  it("looks at the disk again where it was not to be seen at first", async () => {
    await using scene = await gceScene();
    const launch = gceLaunch("spawn-1", { plan: scene.plan() });
    for (const fault of [
      { kind: "error", code: "notFound", action: "disks.get", times: 1 },
      { kind: "error", code: "forbidden", action: "disks.get", times: 1 },
    ] as const) {
      scene.gce.fault(fault);
      const spawnIds = [fault.code.toLowerCase()];
      const own = gceLaunch(fault.code, { plan: scene.plan(), spawnIds });
      scene.calls();
      expect(idsOf(await scene.adapter.launch(own, signal))).toHaveLength(1);
      expect(scene.calls().filter((call) => call === "disks.get")).toHaveLength(2);
    }
    scene.gce.deny({ project: PROJECT, permission: "compute.disks.get" });
    expect(errorsOf(await scene.adapter.launch(launch, signal))).toMatchObject([
      { outcome: "unknown", reason: "CLOUD_PERMISSION_DENIED" },
    ]);
  });

  it("has the disk, the address and the account that the plan says", async () => {
    await using scene = await gceScene();
    const { settings, artifact } = scene.plan();
    const instance = Object(settings.instance);
    const serviceAccount = "agents@agents.iam.gserviceaccount.com";
    const rich = planOf(
      { name: IMAGE, id: artifact.numericId ?? "" },
      {
        settings: { instance: { ...instance, diskSizeGb: 25, diskType: "pd-ssd" } },
        target: gcpTarget({ assignPublicIp: true, serviceAccount }),
      },
    );
    for (const spawnIds of [["one"], ["many-0", "many-1"]]) {
      const launch = gceLaunch(spawnIds.join(), { plan: rich, spawnIds });
      const machines = await scene.adapter.describe(
        idsOf(await scene.adapter.launch(launch, signal)),
        signal,
      );
      for (const machine of machines.map(knownMachine)) {
        const name = machine?.id.split("/").at(-1);
        expect(machine?.addresses).toEqual({
          private: expect.stringMatching(/^10\.128\./),
          public: expect.stringMatching(/^198\.1[89]\./),
        });
        expect(scene.gce.instances(PROJECT).find((one) => one.name === name)).toMatchObject({
          serviceAccounts: [
            { email: serviceAccount, scopes: ["https://www.googleapis.com/auth/cloud-platform"] },
          ],
        });
        expect(scene.gce.disks(PROJECT).find((disk) => disk.name === name)).toMatchObject({
          sizeGb: 25,
          type: "pd-ssd",
        });
      }
    }
  });

  it.each([
    ["amd64", "X86_64", "e2-small"],
    ["arm64", "ARM64", "t2a-standard-1"],
    ["arm64", "ARM64", "c4a-standard-2"],
  ] as const)("boots %s (%s) on %s", async (architecture, said, machineType) => {
    await using scene = await gceScene();
    const image = scene.gce.addImage(PROJECT, { name: "agent-base-v2", architecture: said });
    const plan = planOf(image, { architecture, machineType });
    const launched = await scene.adapter.launch(gceLaunch("spawn-1", { plan }), signal);
    expect(launched).toMatchObject([{ outcome: "accepted", machine: { architecture } }]);
    expect(await scene.adapter.describe(idsOf(launched), signal)).toMatchObject([
      { architecture, state: "running", artifact: plan.artifact.id },
    ]);
  });

  it("does not make a machine of the other processor's image", async () => {
    await using scene = await gceScene();
    const image = scene.gce.addImage(PROJECT, { name: "agent-base-v2", architecture: "ARM64" });
    const plan = planOf(image, { architecture: "arm64", machineType: "e2-small" });
    const outcomes = await scene.adapter.launch(gceLaunch("spawn-1", { plan }), signal);
    expect(errorsOf(outcomes)).toMatchObject([
      { outcome: "rejected", blastRadius: "type-in-market" },
    ]);
    expect(scene.gce.instances(PROJECT)).toEqual([]);
  });
});

describe("an operation that fails after it was accepted", () => {
  it.each([
    ["ZONE_RESOURCE_POOL_EXHAUSTED", "INSUFFICIENT_CAPACITY", "next-candidate", "type-in-zone"],
    [
      "ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS",
      "INSUFFICIENT_CAPACITY",
      "next-candidate",
      "type-in-zone",
    ],
    ["QUOTA_EXCEEDED", "QUOTA_EXCEEDED", "next-candidate", "type-in-market"],
    ["PERMISSIONS_ERROR", "CLOUD_PERMISSION_DENIED", "never", "request"],
    ["UNSUPPORTED_OPERATION", "NOT_OFFERED_HERE", "next-candidate", "type-in-zone"],
    ["IP_SPACE_EXHAUSTED", "SUBNET_FULL", "never", "region"],
    ["RESOURCE_NOT_FOUND", "CLOUD_REQUEST_REFUSED", "never", "request"],
    ["SOMETHING_NEW", "CLOUD_REQUEST_REFUSED", "next-candidate", "type-in-market"],
  ])("with %s is a rejection as %s: %s", async (code, reason, retry, blastRadius) => {
    await using scene = await gceScene();
    scene.gce.fault({ kind: "operation-error", code });
    for (const spawnIds of [["one"], ["many-0", "many-1"]]) {
      const launch = gceLaunch(spawnIds.join(), { plan: scene.plan(), spawnIds });
      const outcomes = await scene.adapter.launch(launch, signal);
      const error = { outcome: "rejected", reason, retry, blastRadius };
      expect(errorsOf(outcomes)).toEqual(spawnIds.map(() => error));
      // The same launch again is the same operation, and so the same answer.
      expect(errorsOf(await scene.adapter.launch(launch, signal))).toEqual(errorsOf(outcomes));
    }
    expect(scene.gce.instances(PROJECT)).toEqual([]);
  });

  it.each([
    ["INTERNAL_ERROR", 500],
    ["INTERNAL_ERROR", 400],
    ["SOMETHING_NEW", 503],
    ["SOMETHING_NEW", 500],
  ])(
    "with %s and status %d has created nothing, so the next zone is tried",
    async (code, status) => {
      await using scene = await gceScene();
      scene.gce.fault({ kind: "operation-error", code, status });
      for (const spawnIds of [["one"], ["many-0", "many-1"]]) {
        const launch = gceLaunch(spawnIds.join(), { plan: scene.plan(), spawnIds });
        const settled = { outcome: "rejected", retry: "next-candidate", blastRadius: "zone" };
        expect(errorsOf(await scene.adapter.launch(launch, signal))).toMatchObject(
          spawnIds.map(() => settled),
        );
      }
      // One insert and one bulk insert: none is sent again.
      const inserts = scene.calls().filter((call) => /insert$/i.test(call));
      expect(inserts).toEqual(["instances.insert", "instances.bulkInsert"]);
    },
  );

  it("because the series does not boot from the disk type is about the pair", async () => {
    await using scene = await gceScene();
    const settings = scene.plan().settings["instance"];
    const plan = scene.plan({
      machineType: "n4-standard-2",
      settings: { instance: { ...Object(settings), diskType: "pd-balanced" } },
    });
    for (const spawnIds of [["one"], ["many-0", "many-1"]]) {
      const launch = gceLaunch(spawnIds.join(), { plan, spawnIds });
      const refused = {
        reason: "DISK_TYPE_UNSUPPORTED",
        retry: "next-candidate",
        blastRadius: "type-in-market",
      };
      expect(errorsOf(await scene.adapter.launch(launch, signal))).toMatchObject(
        spawnIds.map(() => refused),
      );
    }
    expect(scene.gce.instances(PROJECT)).toEqual([]);
  });

  it("for want of room in one zone leaves the next one", async () => {
    await using scene = await gceScene();
    scene.gce.setCapacity({ machineType: "e2-standard-2", zone: ZONE, machines: 0 });
    const plan = scene.plan();
    const full = await scene.adapter.launch(gceLaunch("first", { plan }), signal);
    expect(errorsOf(full)).toMatchObject([
      { reason: "INSUFFICIENT_CAPACITY", retry: "next-candidate" },
    ]);
    const next = gceLaunch("second", { plan, place: placeIn("us-central1-b") });
    expect(idsOf(await scene.adapter.launch(next, signal))[0]).toContain("zones/us-central1-b/");
  });

  it("because of a rate limit is started again by the same launch", async () => {
    await using scene = await gceScene();
    const launch = gceLaunch("spawn-1", { plan: scene.plan() });
    const code = "RESOURCE_OPERATION_RATE_EXCEEDED";
    scene.gce.fault({ kind: "operation-error", code, times: 1 });
    expect(errorsOf(await scene.adapter.launch(launch, signal))).toMatchObject([
      { outcome: "rejected", reason: "CLOUD_RATE_LIMITED", retry: "same-token" },
    ]);
    expect(idsOf(await scene.adapter.launch(launch, signal))).toHaveLength(1);
    expect(scene.gce.instances(PROJECT)).toHaveLength(1);
  });
});

describe("an operation that fails for a reason that may pass", () => {
  const code = "RESOURCE_OPERATION_RATE_EXCEEDED";

  it("each time leaves the next zone", async () => {
    await using scene = await gceScene();
    scene.gce.fault({ kind: "operation-error", code });
    for (const spawnIds of [["one"], ["many-0", "many-1"]]) {
      const launch = gceLaunch(spawnIds.join(), { plan: scene.plan(), spawnIds });
      const answers: unknown[] = [];
      for (let tries = 0; tries < 7; tries += 1)
        answers.push(errorsOf(await scene.adapter.launch(launch, signal))[0]);
      const again = { outcome: "rejected", reason: "CLOUD_RATE_LIMITED", retry: "same-token" };
      const final = { ...again, retry: "next-candidate", blastRadius: "zone" };
      expect(answers).toMatchObject([again, again, again, again, again, again, final]);
    }
  });
});

describe("a machine type that cannot migrate", () => {
  it.each([
    ["g2-standard-4", ["one"]],
    ["a3-ultragpu-8g", ["many-0", "many-1"]],
  ])("is launched as its plan says: %s", async (machineType, spawnIds) => {
    await using scene = await gceScene();
    const instance = scene.plan().settings["instance"];
    const launchWith = async (name: string, more: object) => {
      const settings = { instance: { ...Object(instance), ...more } };
      const ids = spawnIds.map((id) => `${name}-${id}`);
      const plan = scene.plan({ machineType, settings });
      return await scene.adapter.launch(gceLaunch(name, { plan, spawnIds: ids }), signal);
    };
    expect(errorsOf(await launchWith("bare", {}))).toMatchObject(
      spawnIds.map(() => ({ outcome: "rejected", reason: "MAINTENANCE_UNSUPPORTED" })),
    );
    const made = await launchWith("good", { onHostMaintenance: "TERMINATE" });
    expect(idsOf(made)).toHaveLength(spawnIds.length);
  });
});

describe("a launch in a place that is closed", () => {
  it.each([
    ["by a location policy", "PLACE_UNAVAILABLE"],
    ["by the organization's constraint", "PLACE_UNAVAILABLE"],
  ])("%s leaves the next zone", async (which, reason) => {
    await using scene = await gceScene();
    if (which === "by a location policy") scene.gce.closeZone({ project: PROJECT, zone: ZONE });
    else
      scene.gce.enforce({
        project: PROJECT,
        constraint: "gcp.resourceLocations",
        allowed: ["us-central1-b"],
      });
    const plan = scene.plan();
    const closed = await scene.adapter.launch(gceLaunch("first", { plan }), signal);
    expect(errorsOf(closed)).toMatchObject([
      { outcome: "rejected", reason, retry: "next-candidate", blastRadius: "zone" },
    ]);
    const next = gceLaunch("second", { plan, place: placeIn("us-central1-b") });
    expect(idsOf(await scene.adapter.launch(next, signal))).toHaveLength(1);
  });
});

describe("a launch whose answer is lost", () => {
  it.each([
    { kind: "lost-reply", when: "before" },
    { kind: "lost-reply", when: "after" },
    { kind: "malformed-reply" },
    { kind: "error", code: "backendError", when: "after" },
    { kind: "error", code: "internalError", when: "before" },
  ] as const)("by $kind $when is unknown, and found by its replay", async (fault) => {
    await using scene = await gceScene();
    for (const [action, spawnIds] of [
      ["instances.insert", ["one"]],
      ["instances.bulkInsert", ["many-0", "many-1"]],
    ] as const) {
      scene.gce.fault({ ...fault, action, times: 1 });
      const launch = gceLaunch(spawnIds.join(), { plan: scene.plan(), spawnIds });
      scene.calls();
      const lost = { outcome: "unknown", reason: "CLOUD_UNAVAILABLE", retry: "same-token" };
      const outcomes = errorsOf(await scene.adapter.launch(launch, signal));
      expect(outcomes).toMatchObject(spawnIds.map(() => lost));
      // Nothing is sent a second time behind anybody's back.
      expect(scene.calls()).toEqual([action]);
      const found = idsOf(await scene.open().launch(launch, signal));
      expect(new Set(found).size).toBe(spawnIds.length);
    }
    expect(scene.gce.instances(PROJECT)).toHaveLength(3);
  });

  it("is never taken for a refusal where only the wait fails", async () => {
    await using scene = await gceScene();
    const wait = { kind: "error", code: "forbidden", action: "zoneOperations.wait" } as const;
    const fault = scene.gce.fault(wait);
    const launch = gceLaunch("spawn-1", { plan: scene.plan() });
    expect(errorsOf(await scene.adapter.launch(launch, signal))).toMatchObject([
      { outcome: "unknown", reason: "CLOUD_PERMISSION_DENIED" },
    ]);
    fault.remove();
    expect(idsOf(await scene.adapter.launch(launch, signal))).toHaveLength(1);
  });

  it("is rejected, to be sent again, where it was throttled", async () => {
    await using scene = await gceScene();
    scene.gce.fault({ kind: "throttle", action: "instances.insert", times: 1 });
    const launch = gceLaunch("spawn-1", { plan: scene.plan() });
    expect(errorsOf(await scene.adapter.launch(launch, signal))).toMatchObject([
      { outcome: "rejected", reason: "CLOUD_RATE_LIMITED", retry: "same-token" },
    ]);
    expect(idsOf(await scene.adapter.launch(launch, signal))).toHaveLength(1);
  });
});
