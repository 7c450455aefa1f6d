import { expect, it } from "vitest";
import type { GcpTarget } from "../../src/plan/plan.ts";
import { gceLaunch, gcpTarget } from "../support/gce-launches.ts";
import { gceScene, placeIn, PROJECT, ZONE } from "../support/gce-scene.ts";
import type { GceScene } from "../support/gce-scene.ts";

const { signal } = new AbortController();

/** The ids and names of machines that were launched together, on the spot market unless the target says otherwise. */
async function launched(scene: GceScene, count: number, target: Partial<GcpTarget> = {}) {
  const market = target.market === "ON_DEMAND" ? "on-demand" : "spot";
  const plan = scene.plan({ target: gcpTarget({ market: "SPOT", ...target }) });
  const spawnIds = Array.from({ length: count }, (_one, index) => `batch-${index}`);
  const launch = gceLaunch("batch", { plan, spawnIds, place: { ...placeIn(ZONE), market } });
  const outcomes = await scene.adapter.launch(launch, signal);
  const ids = outcomes.flatMap((one) => (one.outcome === "accepted" ? [one.machine.id] : []));
  scene.calls();
  return ids.map((id) => ({ id, name: id.split("/").at(-1) ?? "" }));
}

it.each([1, 3])("a reclaimed spot machine says so, as one of %i", async (count) => {
  await using scene = await gceScene();
  const machines = await launched(scene, count);
  for (const { name } of machines) scene.gce.preempt(PROJECT, ZONE, name);
  const found = await scene.adapter.describe(
    machines.map(({ id }) => id),
    signal,
  );
  expect(found).toMatchObject(
    machines.map(() => ({
      state: "stopped",
      end: {
        reason: "INSUFFICIENT_CAPACITY",
        message: "Compute Engine has reclaimed the spot machine (compute.instances.preempted)",
      },
    })),
  );
});

it("a spot machine that runs costs no further call", async () => {
  await using scene = await gceScene();
  const [machine] = await launched(scene, 1);
  await scene.adapter.describe([machine?.id ?? ""], signal);
  expect(scene.calls()).not.toContain("zoneOperations.list");
});

/** Stops the machine as a caller of the API does; returns it once it has stopped. */
async function stopped(scene: GceScene, id: string) {
  const headers = { authorization: "Bearer t" };
  const url = new URL(`compute/v1/${id}/stop`, scene.gce.url);
  await fetch(url, { method: "POST", headers });
  const read = async () => (await scene.adapter.describe([id], signal))[0];
  await expect.poll(read).toMatchObject({ state: "stopped" });
  scene.calls();
  return await read();
}

it("a spot machine that a caller stopped was not reclaimed", async () => {
  await using scene = await gceScene();
  const [machine, other] = await launched(scene, 2);
  scene.gce.preempt(PROJECT, ZONE, other?.name ?? "");
  expect(await stopped(scene, machine?.id ?? "")).toMatchObject({ end: null });
  expect(scene.calls()).toContain("zoneOperations.list");
});

it("a machine on demand that stopped costs no further call", async () => {
  await using scene = await gceScene();
  const [machine] = await launched(scene, 1, { market: "ON_DEMAND" });
  expect(await stopped(scene, machine?.id ?? "")).toMatchObject({ end: null });
  expect(scene.calls()).not.toContain("zoneOperations.list");
});

it("a machine that is deleted when it is reclaimed is gone", async () => {
  await using scene = await gceScene();
  const [machine] = await launched(scene, 1, { terminationAction: "DELETE" });
  scene.gce.preempt(PROJECT, ZONE, machine?.name ?? "");
  expect(await scene.adapter.describe([machine?.id ?? ""], signal)).toEqual([null]);
  expect(scene.gce.disks(PROJECT)).toEqual([]);
});

it("a caller that may not list operations learns that the machine has stopped, and why no more", async () => {
  await using scene = await gceScene();
  const [machine] = await launched(scene, 1);
  scene.gce.preempt(PROJECT, ZONE, machine?.name ?? "");
  const permission = "compute.zoneOperations.list";
  scene.gce.deny({ project: PROJECT, permission });
  expect(await scene.adapter.describe([machine?.id ?? ""], signal)).toMatchObject([
    { state: "stopped", end: { message: expect.stringContaining(permission) } },
  ]);
});
