import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { machineLabels } from "../../adapters/gce/labels.ts";
import { instanceName } from "../../adapters/gce/launch/names.ts";
import type { Launch, LaunchOutcome } from "../../src/substrate/contract.ts";
import { createFakeClock } from "../../testing/fake-clock.ts";
import type { FakeClock } from "../../testing/fake-clock.ts";
import { caughtError } from "../support/caught.ts";
import { gceLaunch } from "../support/gce-launches.ts";
import { gceScene, IMAGE, PROJECT, ZONE } from "../support/gce-scene.ts";
import type { GceScene } from "../support/gce-scene.ts";

const { signal } = new AbortController();

function idsOf(outcomes: readonly LaunchOutcome[]): readonly string[] {
  return outcomes.map((one) => {
    if (one.outcome === "accepted") return one.machine.id;
    throw one.error;
  });
}

/** The first call of a process loads the client, which takes its time on a busy machine. */
const PATIENCE = { timeout: 15_000 };

/** Waits until the fake holds this many requests. */
async function sleepers(clock: FakeClock, count: number): Promise<void> {
  await expect.poll(() => clock.sleeping, PATIENCE).toBe(count);
}

function waitsOf(requests: GceScene["gce"]["requests"]): number {
  return requests.filter(({ call }) => call === "zoneOperations.wait").length;
}

/** Makes a machine of the member's name by other means than a launch of ours. */
async function makeOtherwise(
  scene: GceScene,
  launch: Launch,
  labels: Record<string, string>,
  change: { readonly sourceImage?: string; readonly wait?: boolean } = {},
): Promise<void> {
  const api = scene.connect();
  const [spawn] = launch.members;
  const { sourceImage = launch.plan.artifact.id, wait = true } = change;
  const { name: operation } = await api.insertInstance(
    {
      project: PROJECT,
      zone: ZONE,
      requestId: randomUUID(),
      instanceResource: {
        name: instanceName(launch.token, spawn?.spawnId ?? ""),
        machineType: `zones/${ZONE}/machineTypes/e2-small`,
        labels,
        disks: [{ boot: true, autoDelete: true, initializeParams: { sourceImage, labels } }],
        networkInterfaces: [{ network: "global/networks/default" }],
      },
    },
    signal,
  );
  if (wait) await api.waitForOperation({ project: PROJECT, zone: ZONE, operation }, signal);
  await api.close();
}

describe("a launch that is replayed", () => {
  it("takes up an operation that was still running when its process was killed", async () => {
    const clock = createFakeClock();
    await using scene = await gceScene({ clock });
    for (const spawnIds of [["one"], ["many-0", "many-1"]]) {
      const launch = gceLaunch(spawnIds.join(), { plan: scene.plan(), spawnIds });
      const killed = new AbortController();
      const first = caughtError(() => scene.adapter.launch(launch, killed.signal));
      await sleepers(clock, 1);
      killed.abort();
      expect((await first).code).toBe("CANCELLED");
      await sleepers(clock, 0);
      scene.calls();
      const replayed = scene.open().launch(launch, signal);
      await sleepers(clock, 1);
      await clock.advance(10);
      expect(idsOf(await replayed)).toHaveLength(spawnIds.length);
      const [insert, ...others] = scene.calls();
      expect(insert).toMatch(/nsert$/);
      expect(others).toContain("zoneOperations.wait");
    }
    expect(scene.gce.instances(PROJECT)).toHaveLength(3);
  });

  it("goes on waiting for as long as the operation takes", async () => {
    const clock = createFakeClock();
    const fiveMinutes = 300_000;
    await using scene = await gceScene({ clock, timing: { stagingMs: fiveMinutes } });
    const said: string[] = [];
    const onProgress = ({ message }: { readonly message: string }) => said.push(message);
    const launch = { ...gceLaunch("spawn-1", { plan: scene.plan() }), onProgress };
    const adapter = scene.open({ sleep: () => Promise.resolve() });
    const launched = adapter.launch(launch, signal);
    for (const waits of [1, 2, 3]) {
      await expect.poll(() => waitsOf(scene.gce.requests), PATIENCE).toBe(waits);
      await sleepers(clock, 1);
      await clock.advance(120_000);
    }
    expect(idsOf(await launched)).toHaveLength(1);
    expect(said).toHaveLength(2);
  });

  it("does not begin again what has been terminated", async () => {
    const clock = createFakeClock();
    await using scene = await gceScene({ clock });
    for (const spawnIds of [["one"], ["many-0", "many-1"]]) {
      const launch = gceLaunch(spawnIds.join(), { plan: scene.plan(), spawnIds });
      const launched = scene.adapter.launch(launch, signal);
      await sleepers(clock, 1);
      await clock.advance(10);
      const [first = "", ...others] = idsOf(await launched);
      await scene.adapter.terminate([first], signal);
      await clock.advance(10);
      const [replayed, ...rest] = await scene.open().launch(launch, signal);
      expect(replayed).toMatchObject({
        outcome: "rejected",
        error: { reason: "LAUNCH_TOKEN_SPENT", retry: "never" },
      });
      expect(idsOf(rest)).toEqual(others);
    }
  });
});

describe("a name that is taken", () => {
  it("is taken by this launch's own machine, whose request is forgotten", async () => {
    await using scene = await gceScene();
    const launch = gceLaunch("spawn-1", { plan: scene.plan() });
    await makeOtherwise(scene, launch, machineLabels(launch, {}));
    const [adopted] = await scene.adapter.launch(launch, signal);
    expect(adopted).toMatchObject({
      outcome: "accepted",
      machine: { state: "running", ownership: { spawnId: "spawn-1", owner: "ledger-1" } },
    });
    expect(scene.gce.instances(PROJECT)).toHaveLength(1);
  });

  it("is waited for where that machine is still being made", async () => {
    const clock = createFakeClock();
    await using scene = await gceScene({ clock });
    const launch = gceLaunch("spawn-1", { plan: scene.plan() });
    await makeOtherwise(scene, launch, machineLabels(launch, {}), { wait: false });
    scene.calls();
    const launched = scene.adapter.launch(launch, signal);
    await sleepers(clock, 1);
    await clock.advance(10);
    expect(idsOf(await launched)).toHaveLength(1);
    expect(scene.calls()).toEqual([
      "instances.insert",
      "instances.get",
      "zoneOperations.list",
      "zoneOperations.wait",
      "disks.get",
    ]);
  });

  it("is a clash if the machine belongs to another owner or launch", async () => {
    await using scene = await gceScene();
    const launch = gceLaunch("spawn-1", { plan: scene.plan() });
    const { ownership } = launch;
    const strangers = [
      {},
      machineLabels({ ...launch, ownership: { ...ownership, owner: "ledger-2" } }, {}),
      machineLabels({ ...launch, ownership: { ...ownership, launchId: "f".repeat(32) } }, {}),
    ];
    for (const [index, labels] of strangers.entries()) {
      const name = `spawn-${index}`;
      const mine = gceLaunch(name, { plan: scene.plan() });
      await makeOtherwise(scene, mine, labels);
      const [outcome] = await scene.adapter.launch(mine, signal);
      expect(outcome).toMatchObject({
        outcome: "rejected",
        error: { code: "ALREADY_EXISTS", reason: "NAME_CLASH", retry: "never" },
      });
    }
  });

  it("by one of several concerns that one alone", async () => {
    await using scene = await gceScene();
    const spawnIds = ["many-0", "many-1", "many-2"];
    const launch = gceLaunch("batch", { plan: scene.plan(), spawnIds });
    const [stranger = launch.members[0], own = launch.members[0]] = launch.members;
    const only = (member: typeof own): Launch => ({
      ...launch,
      members: member === undefined ? [] : [member],
    });
    await makeOtherwise(scene, only(stranger), {});
    await makeOtherwise(scene, only(own), machineLabels(launch, {}));
    const outcomes = await scene.adapter.launch(launch, signal);
    expect(outcomes.map((one) => one.outcome)).toEqual(["rejected", "accepted", "accepted"]);
    expect(outcomes[0]).toMatchObject({ error: { reason: "NAME_CLASH" } });
  });

  it("may show as the operation's status alone", async () => {
    const clock = createFakeClock();
    await using scene = await gceScene({ clock });
    const launch = gceLaunch("one", { plan: scene.plan() });
    const action = "instances.insert";
    scene.gce.fault({ kind: "operation-error", action, code: "NEW", status: 409, times: 1 });
    const launched = scene.adapter.launch(launch, signal);
    await sleepers(clock, 1);
    await makeOtherwise(scene, launch, machineLabels(launch, {}), { wait: false });
    await clock.advance(20);
    expect(idsOf(await launched)).toHaveLength(1);
    expect(scene.gce.instances(PROJECT)).toHaveLength(1);
  });

  it("looks for a machine that disappeared while it was created, and then leaves the zone", async () => {
    const clock = createFakeClock();
    await using scene = await gceScene({ clock });
    const launch = gceLaunch("one", { plan: scene.plan() });
    const message = `The resource 'projects/${PROJECT}/zones/us-central1-a/instances/one-0' was not found`;
    const code = "RESOURCE_NOT_FOUND";
    const action = "instances.insert";
    scene.gce.fault({ kind: "operation-error", action, code, message, times: 2 });
    const gone = scene.adapter.launch(gceLaunch("gone", { plan: scene.plan() }), signal);
    await sleepers(clock, 1);
    await clock.advance(20);
    expect(await gone).toMatchObject([
      {
        outcome: "rejected",
        error: { reason: "CLOUD_UNAVAILABLE", blastRadius: "zone", retry: "next-candidate" },
      },
    ]);
    const launched = scene.adapter.launch(launch, signal);
    await sleepers(clock, 1);
    await makeOtherwise(scene, launch, machineLabels(launch, {}), { wait: false });
    await clock.advance(20);
    expect(idsOf(await launched)).toHaveLength(1);
    expect(scene.gce.instances(PROJECT)).toHaveLength(1);
  });

  it("does not keep a replay from its machines where the request itself is refused now", async () => {
    await using scene = await gceScene();
    for (const [action, spawnIds] of [
      ["instances.insert", ["one"]],
      ["instances.bulkInsert", ["many-0", "many-1"]],
    ] as const) {
      const launch = gceLaunch(spawnIds.join(), { plan: scene.plan(), spawnIds });
      const made = idsOf(await scene.adapter.launch(launch, signal));
      const fault = scene.gce.fault({ kind: "error", code: "invalid", action });
      expect(idsOf(await scene.adapter.launch(launch, signal))).toEqual(made);
      const other = gceLaunch("other", {
        plan: scene.plan(),
        spawnIds: spawnIds.map((id) => `${id}x`),
      });
      expect(await scene.adapter.launch(other, signal)).toMatchObject(
        spawnIds.map(() => ({ outcome: "rejected", error: { reason: "CLOUD_REQUEST_REFUSED" } })),
      );
      fault.remove();
    }
  });
});

describe("an image that was created again under the plan's name", () => {
  it("is not kept: the machines are deleted, and the launch reports why", async () => {
    await using scene = await gceScene();
    const plan = scene.plan();
    const image = scene.gce.addImage(PROJECT, { name: IMAGE, createdAt: 1 });
    expect(image.id).not.toBe(plan.artifact.numericId);
    for (const spawnIds of [["one"], ["many-0", "many-1"]]) {
      const launch = gceLaunch(spawnIds.join(), { plan, spawnIds });
      const outcomes = await scene.adapter.launch(launch, signal);
      expect(outcomes).toMatchObject(
        spawnIds.map(() => ({
          outcome: "rejected",
          error: {
            code: "FAILED_PRECONDITION",
            reason: "IMAGE_REPLACED",
            retry: "never",
            blastRadius: "image",
            metadata: { planned_image_id: plan.artifact.numericId, booted_image_id: image.id },
          },
        })),
      );
    }
    expect(await scene.adapter.list("ledger-1", signal)).toEqual([]);
  });

  it("is not forgotten where its machine could not be deleted at once", async () => {
    await using scene = await gceScene();
    const launch = gceLaunch("spawn-1", { plan: scene.plan() });
    scene.gce.addImage(PROJECT, { name: IMAGE, createdAt: 1 });
    scene.gce.fault({ kind: "error", code: "backendError", action: "instances.delete", times: 1 });
    expect(await scene.adapter.launch(launch, signal)).toMatchObject([
      { outcome: "unknown", error: { retry: "same-token" } },
    ]);
    expect(await scene.adapter.launch(launch, signal)).toMatchObject([
      { outcome: "rejected", error: { reason: "IMAGE_REPLACED" } },
    ]);
    expect(await scene.adapter.list("ledger-1", signal)).toEqual([]);
  });

  it("is noticed on a machine that is adopted too", async () => {
    await using scene = await gceScene();
    const launch = gceLaunch("spawn-1", { plan: scene.plan() });
    scene.gce.addImage(PROJECT, { name: IMAGE, createdAt: 1 });
    await makeOtherwise(scene, launch, machineLabels(launch, {}));
    expect(await scene.adapter.launch(launch, signal)).toMatchObject([
      { outcome: "rejected", error: { reason: "IMAGE_REPLACED" } },
    ]);
  });
});
