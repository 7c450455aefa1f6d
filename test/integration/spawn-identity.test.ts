import { afterAll, beforeAll, expect, it } from "vitest";
import { createSlipway } from "../../src/slipway/create-slipway.ts";
import { tinyImage } from "../../testing/registry/index.ts";
import { caughtError } from "../support/caught.ts";
import { describeWithEngineAndRegistry } from "../support/peers.ts";
import { openWorld, uniqueName } from "../support/world.ts";
import type { World } from "../support/world.ts";
import { startPrivateRegistry } from "../support/world-registry.ts";
import type { PrivateRegistry } from "../support/world-registry.ts";

const PROCESSES = 3;
const AT_ONCE = 8;

describeWithEngineAndRegistry("a spawn's id", (engine, peer) => {
  let registry: PrivateRegistry;
  let world: World;
  beforeAll(async () => {
    registry = await startPrivateRegistry(peer, "htpasswd");
    world = await openWorld({ engine, registry });
  });
  afterAll(async () => {
    await world[Symbol.asyncDispose]();
    await registry[Symbol.asyncDispose]();
  });

  /** A workspace whose image the engine has never seen. */
  async function freshWorkspace(): Promise<string> {
    const image = tinyImage("amd64", { config: { Labels: { only: uniqueName() } } });
    return await world.workspace({ imageRef: (await registry.push(image)).reference });
  }
  const containersOf = (spawnId: string) => world.engine.containers(`dev.slipway.spawn=${spawnId}`);

  it("gives the same machine again, and asks neither registry nor engine for it", async () => {
    const workspace = await freshWorkspace();
    const spawnId = uniqueName();
    const first = await world.slipway.spawnWorkspace(workspace, { spawnId });
    const before = (await registry.real.requests()).length;
    const second = await world.slipway.spawnWorkspace(workspace, { spawnId });
    expect(second).toEqual(first);
    expect(await registry.real.requests()).toHaveLength(before);
    expect(await containersOf(spawnId)).toEqual([first.machine?.id]);
  });

  it("gives one machine to all who use it at the same time", async () => {
    const workspace = await freshWorkspace();
    const spawnId = uniqueName();
    const spawns = await Promise.all(
      Array.from({ length: AT_ONCE }, () =>
        world.slipway.spawnWorkspace(workspace, { spawnId, wait: "watched" }),
      ),
    );
    const [id] = await containersOf(spawnId);
    for (const spawn of spawns) expect(spawn).toMatchObject({ state: "running", machine: { id } });
    expect(await containersOf(spawnId)).toHaveLength(1);
    expect(await world.slipway.describeSpawn(spawnId)).toMatchObject({
      state: "running",
      attempts: [{ attempt: 1, outcome: "accepted" }],
    });
  });

  it("gives one machine to processes that use it at once", { timeout: 60_000 }, async () => {
    const workspace = await freshWorkspace();
    const spawnId = uniqueName();
    const argv = ["spawn", workspace, "--id", spawnId, "-o", "json"];
    const runs = await Promise.all(
      Array.from({ length: PROCESSES }, () => world.commands.runProcess(argv)),
    );
    const containers = await containersOf(spawnId);
    expect(containers).toHaveLength(1);
    expect(runs.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
    for (const { stdout } of runs)
      expect(JSON.parse(stdout)).toMatchObject({
        spawn_id: spawnId,
        state: "running",
        machine: { id: containers[0] },
      });
  });

  it("belongs to one workspace forever", async () => {
    const [workspace, other] = [await freshWorkspace(), await freshWorkspace()];
    const spawnId = uniqueName();
    await world.slipway.spawnWorkspace(workspace, { spawnId });
    expect(await caughtError(() => world.slipway.spawnWorkspace(other, { spawnId }))).toMatchObject(
      { code: "ALREADY_EXISTS", reason: "SPAWN_ID_REUSED" },
    );
    const terminated = await world.slipway.terminateSpawn(spawnId);
    expect(await world.slipway.spawnWorkspace(workspace, { spawnId })).toEqual(terminated);
    expect(await containersOf(spawnId)).toEqual([]);
  });

  it("belongs to one workspace forever, also for two that come at once", async () => {
    const workspaces = [await freshWorkspace(), await freshWorkspace()];
    const spawnId = uniqueName();
    const outcomes = await Promise.allSettled(
      workspaces.map((workspace) => world.slipway.spawnWorkspace(workspace, { spawnId })),
    );
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(outcomes.find(({ status }) => status === "rejected")).toMatchObject({
      reason: { code: "ALREADY_EXISTS", reason: "SPAWN_ID_REUSED" },
    });
    expect(await containersOf(spawnId)).toHaveLength(1);
  });

  it("is another spawn's in another tenant", async () => {
    const { database, path } = world.commands;
    const tenant = "other";
    await using other = await createSlipway({ database, tenant, environment: { HOME: path } });
    const workspace = await freshWorkspace();
    const spawnId = uniqueName();
    await world.slipway.spawnWorkspace(workspace, { spawnId });
    expect(await caughtError(() => other.describeSpawn(spawnId))).toMatchObject({
      reason: "SPAWN_NOT_FOUND",
    });
    expect(await caughtError(() => other.terminateSpawn(spawnId))).toMatchObject({
      reason: "SPAWN_NOT_FOUND",
    });
    expect(await other.listSpawns()).toEqual([]);
    expect(await caughtError(() => other.spawnWorkspace(workspace, { spawnId }))).toMatchObject({
      code: "NOT_FOUND",
      reason: "RECORD_NOT_FOUND",
    });
    expect(await containersOf(spawnId)).toHaveLength(1);
  });
});
