import { describe, expect, it } from "vitest";
import type { PruneOptions } from "../../../src/slipway/slipway.ts";
import { createTestSlipway } from "../../../testing/test-slipway.ts";
import { caughtError } from "../../support/caught.ts";

const HOUR = 3_600_000;

async function testSlipway() {
  const slipway = createTestSlipway({
    images: [{ reference: "ghcr.io/acme/agent:v1", architecture: "amd64" }],
  });
  await slipway.catalog.set("image", {
    name: "agent-base",
    architecture: "ARCHITECTURE_AMD64",
    docker: { imageRef: "ghcr.io/acme/agent:v1" },
  });
  await slipway.catalog.set("placement", {
    name: "here",
    substrate: "DOCKER",
    target: { docker: {} },
  });
  await slipway.catalog.set("workspace", {
    name: "agent-dev",
    imageRef: "agent-base",
    placement: "here",
  });
  return slipway;
}

type TestSlipway = Awaited<ReturnType<typeof testSlipway>>;

async function spawnAndTerminate(slipway: TestSlipway, spawnId: string) {
  const spawn = await slipway.spawnWorkspace("agent-dev", { spawnId });
  await slipway.terminateSpawn(spawnId);
  return spawn;
}

describe("slipway.prune", () => {
  it("deletes spawns that ended so long ago, and a dry run counts the same", async () => {
    await using slipway = await testSlipway();
    const { clock } = slipway;
    await spawnAndTerminate(slipway, "old");
    await clock.advance(HOUR);
    await spawnAndTerminate(slipway, "young");
    await slipway.spawnWorkspace("agent-dev", { spawnId: "live" });
    const ids = async () => (await slipway.listSpawns()).map(({ spawnId }) => spawnId);
    const counted = await slipway.prune({ olderThan: HOUR / 2, dryRun: true });
    expect(counted).toMatchObject({ spawns: 1, attempts: 1, complete: true });
    expect(await ids()).toEqual(["live", "young", "old"]);
    expect(await slipway.prune({ olderThan: HOUR / 2 })).toEqual(counted);
    expect(await ids()).toEqual(["live", "young"]);
    const gone = await caughtError(() => slipway.describeSpawn("old"));
    expect(gone).toMatchObject({ code: "NOT_FOUND", reason: "SPAWN_NOT_FOUND" });
  });

  it("frees the id: it is a new spawn with a launch and a machine of its own", async () => {
    await using slipway = await testSlipway();
    const { clock } = slipway;
    const first = await spawnAndTerminate(slipway, "again");
    await clock.advance(1);
    expect(await slipway.prune({ olderThan: 0 })).toMatchObject({ spawns: 1 });
    const second = await slipway.spawnWorkspace("agent-dev", { spawnId: "again" });
    expect(second).toMatchObject({ state: "running", planId: first.planId });
    expect(second.machine?.id).not.toBe(first.machine?.id);
    expect(second.launch?.token).not.toBe(first.launch?.token);
    await slipway.terminateSpawn("again");
    await clock.advance(1);
    await slipway.prune({ olderThan: 0 });
    const third = await slipway.spawnWorkspace("agent-dev", { spawnId: "again" });
    const tokens = [first, second, third].map(({ launch }) => launch?.token);
    expect(new Set(tokens).size).toBe(3);
  });

  it("leaves a sweep what it needs: the remains of a pruned spawn's machine are removed", async () => {
    await using slipway = await testSlipway();
    const { clock, substrates } = slipway;
    const { machine } = await slipway.spawnWorkspace("agent-dev", { spawnId: "ended" });
    substrates.DOCKER.end(machine?.id ?? "", 0);
    await slipway.refreshSpawns(["ended"]);
    await clock.advance(1);
    expect(await slipway.prune({ olderThan: 0 })).toMatchObject({ spawns: 1 });
    const found = await slipway.sweep({ grace: 0 });
    expect(found.suspects).toMatchObject([{ id: machine?.id }]);
    await clock.advance(1);
    const swept = await slipway.sweep({ grace: 0 });
    expect(swept.terminated).toMatchObject([{ id: machine?.id }]);
    expect(swept.skippedScopes).toEqual([]);
  });

  it.each<[string, string]>([
    ["{}", "olderThan"],
    ['{"olderThan":"30d"}', "olderThan"],
    ['{"olderThan":-1}', "olderThan"],
    ['{"olderThan":1,"dryrun":true}', "dryrun"],
  ])("refuses %s", async (json, name) => {
    await using slipway = await testSlipway();
    const options: PruneOptions = JSON.parse(json);
    const error = await caughtError(() => slipway.prune(options));
    expect(error).toMatchObject({ code: "INVALID_ARGUMENT", reason: "INVALID_INPUT" });
    expect(error.message).toContain(name);
  });
});
