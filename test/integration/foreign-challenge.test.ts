import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startRegistry, tinyImage } from "../../testing/registry/index.ts";
import type { TestRegistry } from "../../testing/registry/index.ts";
import { caughtError } from "../support/caught.ts";
import { describeWithEngine } from "../support/peers.ts";
import { openWorld, uniqueName } from "../support/world.ts";
import type { World } from "../support/world.ts";
import { startServer, type HttpServer } from "../unit/oci/support/http-server.ts";

const USER = "alice";
const PASSWORD = "wonderland-of-alice";
const CREDENTIALS = ["PASSWORD", "IDENTITY"] as const;
/** What the registry hands over to another host. */
const TARGETS = ["manifest", "blob"] as const;

interface Scene extends AsyncDisposable {
  readonly world: World;
  readonly registry: TestRegistry;
  /** Where the registry redirects to; it demands a credential for the collector. */
  readonly store: HttpServer;
  /** Gives a token to every caller, and so learns every credential. */
  readonly collector: HttpServer;
  /** Neither store nor collector was sent a credential; the store was asked at least once since. */
  expectNothingSent(): void;
}

async function openScene(engine: Parameters<typeof openWorld>[0]["engine"]): Promise<Scene> {
  await using stack = new AsyncDisposableStack();
  const collector = stack.use(
    await startServer((_request, response) => response.end('{"token":"collected"}')),
  );
  const store = stack.use(
    await startServer((_request, response) => {
      const challenge = `Bearer realm="${collector.url}/token",service="store"`;
      response.writeHead(401, { "www-authenticate": challenge }).end();
    }),
  );
  const registry = stack.use(
    await startRegistry({ auth: { kind: "token", users: { [USER]: PASSWORD } } }),
  );
  const world = stack.use(await openWorld({ engine, others: [registry] }));
  const identity = registry.issueIdentityToken(USER);
  await world.secret("PASSWORD", `${USER}:${PASSWORD}`);
  await world.secret("IDENTITY", JSON.stringify({ identitytoken: identity }));
  const opened = stack.move();
  let seen = 0;
  return {
    world,
    registry,
    store,
    collector,
    expectNothingSent() {
      const received = store.requests.slice(seen);
      seen = store.requests.length;
      expect(received.length).toBeGreaterThan(0);
      for (const request of received) {
        expect(request.headers).not.toHaveProperty("authorization");
        expect(request.body).toBe("");
      }
      expect(collector.requests).toEqual([]);
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

describeWithEngine("a registry whose redirect target demands a credential", (engine) => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene(engine);
  });
  afterAll(() => scene[Symbol.asyncDispose]());

  /** A workspace whose image the registry has, and a switch that makes it redirect. */
  async function prepare(secret: string, target: "manifest" | "blob") {
    const { world, registry, store } = scene;
    const repository = `team/${uniqueName()}`;
    const { reference } = registry.add(repository, "1", tinyImage("amd64"));
    const workspace = await world.workspace({ imageRef: reference, secret });
    const location = `${store.url}/content`;
    const redirect = () =>
      registry.fault({ fault: { kind: "redirect", location }, target, repository });
    return { workspace, redirect };
  }

  function refusal() {
    return expect.objectContaining({
      reason: "REDIRECT_REFUSED",
      message: expect.stringContaining(`redirects to ${scene.store.host}, which demands`),
    });
  }

  it.each(CREDENTIALS.flatMap((secret) => TARGETS.map((target) => ({ secret, target }))))(
    "gets none by resolve, spawn or the command line ($secret, $target)",
    async ({ secret, target }) => {
      const { world } = scene;
      const { workspace, redirect } = await prepare(secret, target);
      redirect();
      const spawnId = uniqueName();
      expect(await caughtError(() => world.slipway.resolveWorkspace(workspace))).toEqual(refusal());
      scene.expectNothingSent();
      expect(await caughtError(() => world.slipway.spawnWorkspace(workspace, { spawnId }))).toEqual(
        refusal(),
      );
      scene.expectNothingSent();
      for (const command of ["resolve", "spawn"]) {
        const { exitCode, stdout, stderr } = await world.commands.run([
          command,
          workspace,
          "-o",
          "json",
        ]);
        expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: "" });
        expect(JSON.parse(stderr)).toEqual({ error: refusal() });
        scene.expectNothingSent();
      }
      expect(await world.engine.containers(world.label)).toEqual([]);
    },
  );

  it.each(CREDENTIALS)("gets none by the spawn of a plan that was good (%s)", async (secret) => {
    const { world, registry } = scene;
    const { workspace, redirect } = await prepare(secret, "manifest");
    const file = join(world.commands.path, `${uniqueName()}.json`);
    await world.commands.must(["resolve", workspace, "--save", file]);
    const plan = await world.slipway.resolveWorkspace(workspace);
    redirect();
    // Another process reads the pinned artifact once more, before the engine is asked for anything.
    const { exitCode, stderr } = await world.commands.run(["spawn", "--plan", file, "-o", "json"]);
    expect({ exitCode, ...Object(JSON.parse(stderr)) }).toEqual({ exitCode: 3, error: refusal() });
    scene.expectNothingSent();
    // This process has just read it: the engine is the first to be refused.
    const spawnId = uniqueName();
    expect(await world.slipway.spawnWorkspace(plan, { spawnId })).toMatchObject({
      state: "failed",
      error: { reason: "REGISTRY_UNAUTHENTICATED" },
    });
    scene.expectNothingSent();
    expect(await world.engine.containers(world.label)).toEqual([]);
    expect(await world.engine.images(registry.host)).toEqual([]);
  });
});
