import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, expect, it } from "vitest";
import { tinyMultiPlatformImage } from "../../testing/registry/index.ts";
import type { Pushed } from "../../testing/registry/index.ts";
import { describeWithEngineAndRegistry } from "../support/peers.ts";
import type { EnginePeer, RegistryPeer } from "../support/peers.ts";
import { openWorld } from "../support/world.ts";
import type { World } from "../support/world.ts";
import { watchEngine } from "../support/watched-engine.ts";
import type { WatchedEngine } from "../support/watched-engine.ts";
import { startPrivateRegistry } from "../support/world-registry.ts";
import type { PrivateRegistry, RegistryAuthKind } from "../support/world-registry.ts";

const LOCKS = ["htpasswd", "token"] as const;
const IMAGE = tinyMultiPlatformImage();
const [AMD64] = IMAGE.images;

/** A world whose engine and registry record the requests that they received. */
interface Scene {
  readonly registry: PrivateRegistry;
  readonly engine: WatchedEngine;
  readonly world: World;
  readonly pushed: Pushed;
}

describeWithEngineAndRegistry("a dry run", (engine, peer) => {
  const stack = new AsyncDisposableStack();
  const scenes = new Map<RegistryAuthKind, Scene>();
  beforeAll(async () => {
    for (const lock of LOCKS) scenes.set(lock, await setUp(stack, engine, peer, lock));
  });
  afterAll(() => stack.disposeAsync());

  const sceneOf = (lock: RegistryAuthKind) => {
    const scene = scenes.get(lock);
    if (scene === undefined) throw new Error("the scene was not set");
    return scene;
  };

  it.each(LOCKS)(
    "asks the registry (%s) for manifests, the configuration and tokens alone",
    async (lock) => {
      const { registry, world, pushed } = sceneOf(lock);
      const workspace = await world.workspace({ imageRef: pushed.reference });
      const before = (await registry.real.requests()).length;
      const tokensBefore = registry.tokenRequests().length;
      await world.slipway.resolveWorkspace(workspace);
      const asked = (await registry.real.requests()).slice(before);
      const repository = pushed.reference.split(":")[1]?.replace(/^\d+\//, "");
      const wanted = [
        `GET /v2/${repository}/manifests/1`,
        `GET /v2/${repository}/manifests/${AMD64?.manifest.digest}`,
        `GET /v2/${repository}/blobs/${AMD64?.config.digest}`,
      ];
      const names = (status: number) =>
        asked
          .filter((request) => request.status === status)
          .map(({ method, path }) => `${method} ${path}`);
      expect(names(200)).toEqual(wanted);
      // Before it is known that a credential is wanted.
      const refused = names(401);
      for (const request of refused) expect([...wanted, "GET /v2/"]).toContain(request);
      expect(asked).toHaveLength(wanted.length + refused.length);
      const tokens = registry.tokenRequests().slice(tokensBefore);
      expect(tokens).toHaveLength(lock === "token" ? 1 : 0);
      for (const request of tokens) expect(request).toMatch(/^(GET|POST) \/token/);
    },
  );

  it("changes nothing on the engine, and does not even ask for a change", async () => {
    const { engine: watched, world, registry, pushed } = sceneOf("htpasswd");
    const workspace = await world.workspace({
      imageRef: pushed.reference,
      placement: await world.placement({ host: watched.host, network: "bridge" }),
    });
    const before = watched.requests.length;
    const plan = await world.slipway.resolveWorkspace(workspace);
    const asked = watched.requests.slice(before);
    expect(plan.artifact.pinned).toBe(true);
    expect(asked.length).toBeGreaterThan(0);
    for (const request of asked)
      expect(request).toMatch(/^GET (\/v[\d.]+)?\/(info|version|networks)/);
    expect(await world.engine.images(registry.host)).toEqual([]);
    expect(await world.engine.containers(world.label)).toEqual([]);
  });

  it("writes nothing into the database", async () => {
    const { registry, pushed } = sceneOf("token");
    // No earlier resolution has filled a cache.
    await using world = await openWorld({ engine, registry });
    const workspace = await world.workspace({ imageRef: pushed.reference });
    const before = everyRow(world.commands.database);
    await world.slipway.resolveWorkspace(workspace);
    await world.slipway.resolveWorkspace(workspace, { offline: true });
    expect(everyRow(world.commands.database)).toEqual(before);
    expect(await world.slipway.listSpawns()).toEqual([]);
  });

  it("is the same through the command line, and gives the same plan again", async () => {
    const { engine: watched, world, pushed, registry } = sceneOf("token");
    const workspace = await world.workspace({
      imageRef: pushed.reference,
      placement: await world.placement({ host: watched.host }),
    });
    const rows = everyRow(world.commands.database);
    const [first, second] = await Promise.all([
      world.json("resolve", workspace),
      world.slipway.resolveWorkspace(workspace),
    ]);
    expect(first).toMatchObject({ plan_id: second.planId });
    expect(everyRow(world.commands.database)).toEqual(rows);
    expect(await world.engine.images(registry.host)).toEqual([]);
    expect(watched.requests.length).toBeGreaterThan(0);
    expect(watched.requests.filter((request) => !request.startsWith("GET "))).toEqual([]);
  });

  it("makes no request when it is offline", async () => {
    const { engine: watched, world, registry, pushed } = sceneOf("htpasswd");
    const workspace = await world.workspace({
      imageRef: pushed.reference,
      placement: await world.placement({ host: watched.host }),
    });
    const before = [watched.requests.length, (await registry.real.requests()).length];
    const plan = await world.slipway.resolveWorkspace(workspace, { offline: true });
    expect(plan.artifact).toMatchObject({ id: pushed.reference, pinned: false });
    expect([watched.requests.length, (await registry.real.requests()).length]).toEqual(before);
    await expect(world.slipway.spawnWorkspace(plan)).rejects.toMatchObject({
      code: "FAILED_PRECONDITION",
      reason: "PLAN_UNPINNED",
    });
  });
});

async function setUp(
  stack: AsyncDisposableStack,
  engine: EnginePeer,
  peer: RegistryPeer,
  lock: RegistryAuthKind,
): Promise<Scene> {
  const registry = stack.use(await startPrivateRegistry(peer, lock));
  const watched = stack.use(await watchEngine(engine));
  const world = stack.use(await openWorld({ engine, registry }));
  return { registry, engine: watched, world, pushed: await registry.push(IMAGE) };
}

/** All rows of all tables. */
function everyRow(path: string): unknown {
  using database = new DatabaseSync(path, { readOnly: true });
  const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
  return tables.map(({ name }) => [
    name,
    database.prepare(`SELECT * FROM "${String(name)}"`).all(),
  ]);
}
