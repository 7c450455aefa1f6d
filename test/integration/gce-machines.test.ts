import { describe, expect, it } from "vitest";
import { knownMachine } from "../../src/substrate/contract.ts";
import type { LaunchOutcome } from "../../src/substrate/contract.ts";
import { caughtError } from "../support/caught.ts";
import { candidate, gceLaunch } from "../support/gce-launches.ts";
import { gceScene, placeIn, PROJECT, ZONE } from "../support/gce-scene.ts";
import type { GceScene } from "../support/gce-scene.ts";

const { signal } = new AbortController();
const UNKNOWN = `projects/${PROJECT}/zones/${ZONE}/instances/none`;

function idsOf(outcomes: readonly LaunchOutcome[]): readonly string[] {
  return outcomes.map((one) => {
    if (one.outcome === "accepted") return one.machine.id;
    throw one.error;
  });
}

async function launchMany(
  scene: GceScene,
  name: string,
  count: number,
): Promise<readonly string[]> {
  const spawnIds = Array.from({ length: count }, (_, index) => `${name}-${index}`);
  const launch = gceLaunch(name, { plan: scene.plan(), spawnIds });
  return idsOf(await scene.adapter.launch(launch, signal));
}

describe("a launch of many", () => {
  it("is one bulk insert, one wait, and one list of disks", async () => {
    await using scene = await gceScene();
    const ids = await launchMany(scene, "batch", 40);
    expect(scene.calls()).toEqual(["instances.bulkInsert", "zoneOperations.wait", "disks.list"]);
    expect(new Set(ids).size).toBe(40);
    const machines = await scene.adapter.describe(ids, signal);
    expect(machines.map((machine) => knownMachine(machine)?.ownership?.spawnId)).toEqual(
      ids.map((_, index) => `batch-${index}`),
    );
    expect(scene.gce.instances(PROJECT)[0]?.labels).not.toHaveProperty("slipway-spawn");
  });

  it("makes as many as there is room for, and says of each what became of it", async () => {
    await using scene = await gceScene();
    scene.gce.setCapacity({ machineType: "e2-standard-2", zone: ZONE, machines: 2 });
    const spawnIds = ["a", "b", "c", "d"];
    const launch = gceLaunch("batch", { plan: scene.plan(), spawnIds });
    const full = { reason: "INSUFFICIENT_CAPACITY", retry: "next-candidate" };
    const expected = [
      { outcome: "accepted", machine: { ownership: { spawnId: "a" } } },
      { outcome: "accepted", machine: { ownership: { spawnId: "b" } } },
      { outcome: "rejected", error: full },
      { outcome: "rejected", error: full },
    ];
    expect(await scene.adapter.launch(launch, signal)).toMatchObject(expected);
    expect(scene.calls()).toContain("zoneOperations.list");
    expect(await scene.open().launch(launch, signal)).toMatchObject(expected);
    expect(scene.gce.instances(PROJECT)).toHaveLength(2);
  });
});

describe("describe", () => {
  it("asks for one by its name and for its disks, and for many in lists of their zones", async () => {
    await using scene = await gceScene();
    const ids = await launchMany(scene, "batch", 60);
    const launch = gceLaunch("other", { plan: scene.plan(), place: placeIn("us-central1-b") });
    const [elsewhere = ""] = idsOf(await scene.adapter.launch(launch, signal));
    const [first = ""] = ids;
    scene.calls();
    expect(await scene.adapter.describe([first], signal)).toMatchObject([{ id: first }]);
    expect(scene.calls()).toEqual(["instances.get", "disks.list"]);
    const asked = [...ids.toReversed(), UNKNOWN, elsewhere, first];
    const found = await scene.adapter.describe(asked, signal);
    expect(found.map((machine) => knownMachine(machine)?.id ?? null)).toEqual(
      asked.map((id) => (id === UNKNOWN ? null : id)),
    );
    expect(scene.calls().toSorted()).toEqual(["instances.get", "instances.list", "instances.list"]);
  });

  it("shows a machine without its disks if these may not be listed", async () => {
    await using scene = await gceScene();
    const [only = ""] = await launchMany(scene, "one", 1);
    const settings = async () =>
      knownMachine((await scene.adapter.describe([only], signal))[0])?.settings;
    expect(await settings()).toMatchObject({ disks: [{ keepOnTermination: false }] });
    scene.gce.deny({ project: PROJECT, permission: "compute.disks.list" });
    expect(await settings()).not.toHaveProperty("disks");
  });

  it("takes what can be no machine for gone, and keeps the others", async () => {
    await using scene = await gceScene();
    const [first = "", second = ""] = await launchMany(scene, "batch", 2);
    const strange = [
      "",
      "i-0123456789abcdef0",
      `https://compute.googleapis.com/compute/v1/${first}`,
      `projects/${PROJECT}/zones/nowhere-a/instances/a`,
      `projects/${PROJECT}/zones/nowhere-a/instances/b`,
      `projects/${PROJECT}/zones/${ZONE}/disks/a`,
      `projects/${PROJECT}/zones/${ZONE}/instances/a" OR name = "b`,
      "__proto__",
    ];
    const found = await scene.adapter.describe([...strange, first, second], signal);
    expect(found.map((machine) => knownMachine(machine)?.id ?? null)).toEqual([
      ...strange.map(() => null),
      first,
      second,
    ]);
  });

  it("does not take a failure for an absence", async () => {
    await using scene = await gceScene();
    const ids = await launchMany(scene, "batch", 2);
    scene.gce.deny({ project: PROJECT, permission: "compute.instances.list" });
    scene.gce.deny({ project: PROJECT, permission: "compute.instances.get" });
    for (const asked of [ids, ids.slice(0, 1)])
      expect(await caughtError(() => scene.adapter.describe(asked, signal))).toMatchObject({
        code: "PERMISSION_DENIED",
        reason: "CLOUD_PERMISSION_DENIED",
      });
  });
});

describe("terminate", () => {
  it("ends a machine and its disk, and waits no longer than until it is on its way", async () => {
    await using scene = await gceScene({ timing: { endingMs: 60_000 } });
    const ids = await launchMany(scene, "batch", 2);
    scene.calls();
    expect(await scene.adapter.terminate(ids, signal)).toEqual(
      ids.map((id) => ({ id, outcome: "terminated" })),
    );
    expect(scene.calls()).toEqual(["instances.delete", "instances.delete", "instances.list"]);
    expect(await scene.adapter.describe(ids, signal)).toEqual([null, null]);
    expect(await scene.adapter.list("ledger-1", signal)).toEqual([]);
  });

  it("says which machines it could not end, and ends the others", async () => {
    await using scene = await gceScene();
    const ids = await launchMany(scene, "batch", 3);
    const [first = "", second = "", third = ""] = ids;
    const resource = second;
    scene.gce.deny({ project: PROJECT, permission: "compute.instances.delete", resource });
    expect(
      await scene.adapter.terminate([first, UNKNOWN, second, "x", third], signal),
    ).toMatchObject([
      { id: first, outcome: "terminated" },
      { id: UNKNOWN, outcome: "terminated" },
      { id: second, outcome: "failed", error: { reason: "CLOUD_PERMISSION_DENIED" } },
      { id: "x", outcome: "terminated" },
      { id: third, outcome: "terminated" },
    ]);
  });

  it("takes a deletion whose operation fails for a failure", async () => {
    await using scene = await gceScene();
    const [id = ""] = await launchMany(scene, "batch", 2);
    const action = "instances.delete";
    scene.gce.fault({ kind: "operation-error", code: "PERMISSIONS_ERROR", action, times: 1 });
    expect(await scene.adapter.terminate([id], signal)).toMatchObject([
      { id, outcome: "failed", error: { reason: "CLOUD_PERMISSION_DENIED" } },
    ]);
    expect(await scene.adapter.terminate([id], signal)).toEqual([{ id, outcome: "terminated" }]);
  });

  it("believes its eyes where the answer was lost", async () => {
    await using scene = await gceScene({ timing: { endingMs: 60_000 } });
    const [first = "", second = ""] = await launchMany(scene, "batch", 2);
    const lost = { kind: "lost-reply", action: "instances.delete", times: 1 } as const;
    scene.gce.fault({ ...lost, when: "after" });
    expect(await scene.adapter.terminate([first], signal)).toEqual([
      { id: first, outcome: "terminated" },
    ]);
    scene.gce.fault({ ...lost, when: "before" });
    expect(await scene.adapter.terminate([second], signal)).toMatchObject([
      { id: second, outcome: "failed", error: { retry: "same-token" } },
    ]);
  });
});

describe("list", () => {
  it("finds an owner's machines in all zones of the project, page by page", async () => {
    await using scene = await gceScene();
    const here = await launchMany(scene, "here", 501);
    const far = `projects/${PROJECT}/regions/europe-west4/subnetworks/default`;
    const plan = scene.plan({
      settings: { instance: { diskSizeGb: null, diskType: null, subnetwork: far } },
    });
    const place = candidate("europe-west4-a", far);
    const there = idsOf(await scene.adapter.launch(gceLaunch("there", { plan, place }), signal));
    scene.calls();
    const found = await scene.adapter.list("ledger-1", signal);
    expect(new Set(found.map(({ id }) => id))).toEqual(new Set([...here, ...there]));
    expect(found).toHaveLength(502);
    expect(scene.calls()).toEqual(["instances.aggregatedList", "instances.aggregatedList"]);
  });

  it.each(["*", 'ledger-1" OR labels.team = "red', "", "Ledger"])(
    "finds nothing of owner %j, who can have no machine",
    async (owner) => {
      await using scene = await gceScene();
      await launchMany(scene, "batch", 1);
      scene.calls();
      expect(await scene.adapter.list(owner, signal)).toEqual([]);
      expect(scene.calls()).toEqual([]);
    },
  );

  it("fails rather than leave out a page", async () => {
    await using scene = await gceScene();
    const action = "instances.aggregatedList";
    scene.gce.fault({ kind: "error", code: "backendError", action });
    const failure = await caughtError(() =>
      scene.open({ sleep: () => Promise.resolve() }).list("ledger-1", signal),
    );
    expect(failure).toMatchObject({ code: "UNAVAILABLE", reason: "CLOUD_UNAVAILABLE" });
  });
});

describe("logs", () => {
  it("follow a machine until it is gone", async () => {
    await using scene = await gceScene();
    const [id = ""] = await launchMany(scene, "batch", 1);
    const name = id.split("/").at(-1) ?? "";
    const say = (text: string): void => scene.gce.print(PROJECT, ZONE, name, text);
    say("one\n");
    // What happens between two looks.
    const events = [
      async () => say("one\ntwo\n"),
      async () => undefined,
      async () => say("one\ntwo\nthree\n"),
      async () => {
        await scene.adapter.terminate([id], signal);
      },
    ];
    const adapter = scene.open({
      async sleep() {
        await events.shift()?.();
      },
    });
    const pieces: string[] = [];
    for await (const piece of adapter.logs(id, { follow: true, tail: null }, signal))
      pieces.push(Buffer.from(piece).toString());
    expect(pieces).toEqual(["one\n", "two\n", "three\n"]);
  });

  it("say why they cannot be read", async () => {
    await using scene = await gceScene();
    const [id = ""] = await launchMany(scene, "batch", 1);
    const permission = "compute.instances.getSerialPortOutput";
    scene.gce.deny({ project: PROJECT, permission });
    const logs = scene.adapter.logs(id, { follow: false, tail: null }, signal);
    const failure = await caughtError(() => Array.fromAsync(logs));
    expect(failure).toMatchObject({ reason: "CLOUD_PERMISSION_DENIED" });
    expect(failure.message).toContain(permission);
  });
});
