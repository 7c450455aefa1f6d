import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startRegistry, tinyImage } from "../../testing/registry/index.ts";
import type { TestRegistry } from "../../testing/registry/index.ts";
import type { SpawnNotice } from "../../src/spawner/notice.ts";
import { caughtError } from "../support/caught.ts";
import { fastClock } from "../support/faults/fast-clock.ts";
import { startOwnEngine } from "../support/engines.ts";
import type { OwnEngine } from "../support/engines.ts";
import { describeWithEngine, describeWithOwnEngines } from "../support/peers.ts";
import { openWorld, uniqueName } from "../support/world.ts";
import type { World } from "../support/world.ts";
import { watchEngine } from "../support/watched-engine.ts";
import type { WatchedEngine } from "../support/watched-engine.ts";

const MEBIBYTE = 2 ** 20;
const SLOW = { timeout: 60_000 };

/** An image with so many bytes that nothing compresses in its upper layer. */
function imageOf(bytes: number) {
  const content = randomBytes(bytes);
  const files = [{ type: "file", path: "large", content }] as const;
  return tinyImage("amd64", { files, compression: "none" });
}

async function workspaceIn(world: World, registry: TestRegistry, bytes = 16) {
  const repository = `trouble/${uniqueName()}`;
  const image = imageOf(bytes);
  const { reference } = registry.add(repository, "1", image);
  const workspace = await world.workspace({ imageRef: reference, secret: null });
  return { workspace, layer: image.layers.at(-1)?.digest ?? "" };
}

describeWithOwnEngines("an engine that dies", (peer) => {
  const stack = new AsyncDisposableStack();
  let registry: TestRegistry;
  let engine: OwnEngine;
  let world: World;
  beforeAll(async () => {
    registry = stack.use(await startRegistry());
    engine = stack.use(await startOwnEngine(peer));
    world = stack.use(await openWorld({ engine, clock: fastClock(20) }));
  });
  afterAll(() => stack.disposeAsync());

  it("in the middle of a pull leaves nothing but the record of it", SLOW, async () => {
    const { workspace, layer } = await workspaceIn(world, registry, MEBIBYTE);
    const stall = registry.fault({
      fault: { kind: "stall", afterBytes: MEBIBYTE / 2 },
      target: "blob",
      reference: layer,
    });
    const spawnId = uniqueName();
    const spawning = world.slipway.spawnWorkspace(workspace, { spawnId });
    await stall.reached;
    await engine.kill();
    const spawn = await spawning;
    stall.remove();
    stall.release();
    await engine.restart();
    expect(spawn).toMatchObject({
      state: "failed",
      machine: null,
      attempts: [{ outcome: "rejected", reason: "ENGINE_UNAVAILABLE" }],
      error: {
        code: "UNAVAILABLE",
        reason: "ENGINE_UNAVAILABLE",
        message: expect.stringContaining(engine.host),
        remedy: expect.stringContaining("Start the engine"),
      },
    });
    const description = await world.slipway.describeSpawn(spawnId);
    expect(description.events.at(-1)).toMatchObject({ state: "failed" });
    expect(await world.engine.containers(world.label)).toEqual([]);
    expect(await world.engine.images(registry.host)).toEqual([]);
    expect(await world.slipway.spawnWorkspace(workspace, { spawnId })).toEqual(spawn);
    const again = await world.slipway.spawnWorkspace(workspace, { spawnId: uniqueName() });
    expect(again).toMatchObject({ state: "running" });
  });

  it(
    "before a launch, or before a termination, is reported and changes nothing",
    SLOW,
    async () => {
      const { workspace } = await workspaceIn(world, registry);
      const plan = await world.slipway.resolveWorkspace(workspace);
      const running = await world.slipway.spawnWorkspace(workspace, { spawnId: uniqueName() });
      await engine.kill();
      const spawnId = uniqueName();
      const down = { code: "UNAVAILABLE", reason: "ENGINE_UNAVAILABLE" };
      expect(await world.slipway.spawnWorkspace(plan, { spawnId })).toMatchObject({
        state: "failed",
        error: down,
      });
      const terminating = () => world.slipway.terminateSpawn(running.spawnId);
      expect(await caughtError(terminating)).toMatchObject(down);
      expect(await world.slipway.describeSpawn(running.spawnId)).toMatchObject({
        state: "terminating",
        machine: { id: running.machine?.id },
      });
      await engine.restart();
      expect(await world.engine.containers(`dev.slipway.spawn=${spawnId}`)).toEqual([]);
      expect(await terminating()).toMatchObject({ state: "terminated" });
      expect(await world.engine.containers(`dev.slipway.spawn=${running.spawnId}`)).toEqual([]);
    },
  );
});

describeWithOwnEngines("an engine whose disk is full", (peer) => {
  it("is reported as such, and keeps no container", SLOW, async () => {
    await using registry = await startRegistry();
    await using engine = await startOwnEngine(peer, { diskBytes: 4 * MEBIBYTE });
    await using world = await openWorld({ engine });
    const { workspace } = await workspaceIn(world, registry, 6 * MEBIBYTE);
    const ran = await world.commands.run(["spawn", workspace, "--id", "full", "-o", "json"]);
    expect(ran.exitCode).toBe(6);
    const error = {
      code: "RESOURCE_EXHAUSTED",
      reason: "ENGINE_DISK_FULL",
      message: expect.stringContaining("no space left on device"),
      remedy: expect.stringContaining("Free space on the engine's disk"),
    };
    expect(JSON.parse(ran.stderr)).toMatchObject({ error });
    expect(await world.slipway.describeSpawn("full")).toMatchObject({
      state: "failed",
      error,
      attempts: [{ outcome: "rejected", reason: "ENGINE_DISK_FULL" }],
    });
    expect(await world.engine.containers(world.label)).toEqual([]);
  });
});

describeWithEngine("an engine whose answer is lost", (engine) => {
  const stack = new AsyncDisposableStack();
  let registry: TestRegistry;
  let watched: WatchedEngine;
  let world: World;
  beforeAll(async () => {
    registry = stack.use(await startRegistry());
    watched = stack.use(await watchEngine(engine));
    const { host } = watched;
    world = stack.use(await openWorld({ engine: { ...engine, host }, others: [registry] }));
  });
  afterAll(() => stack.disposeAsync());

  it.each([
    ["creating", /^POST .*\/containers\/create/],
    ["starting", /^POST .*\/containers\/\w+\/start/],
    ["inspecting", /^GET .*\/containers\/\w+\/json/],
  ])("while %s a container is asked again, and finds the container", async (_what, request) => {
    const { workspace } = await workspaceIn(world, registry);
    const spawnId = uniqueName();
    watched.loseAnswer(request);
    const spawn = await world.slipway.spawnWorkspace(workspace, { spawnId });
    const made = await world.engine.containers(`dev.slipway.spawn=${spawnId}`);
    expect(made).toEqual([spawn.machine?.id]);
    expect(spawn).toMatchObject({ state: "running", attempts: [{ outcome: "accepted" }] });
    const { events } = await world.slipway.describeSpawn(spawnId);
    expect(events.map(({ message }) => message)).toContainEqual(
      expect.stringContaining("the launch's answer was lost"),
    );
  });

  it("leaves a machine that termination finds by its launch", async () => {
    const { workspace } = await workspaceIn(world, registry);
    const spawnId = uniqueName();
    watched.loseAnswer(/^POST .*\/containers\/create/);
    const controller = new AbortController();
    const onEvent = (notice: SpawnNotice) => {
      if (notice.kind === "event" && notice.event.message.includes("lost")) controller.abort();
    };
    const { signal: detach } = controller;
    const spawning = () => world.slipway.spawnWorkspace(workspace, { spawnId, detach, onEvent });
    expect(await caughtError(spawning)).toMatchObject({ reason: "INTERRUPTED" });
    expect(await world.engine.containers(`dev.slipway.spawn=${spawnId}`)).toHaveLength(1);
    expect(await world.slipway.terminateSpawn(spawnId)).toMatchObject({ state: "terminated" });
    expect(await world.engine.containers(`dev.slipway.spawn=${spawnId}`)).toEqual([]);
  });
});
