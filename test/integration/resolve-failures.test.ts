import { rm } from "node:fs/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startRegistry, tinyImage } from "../../testing/registry/index.ts";
import { caughtError } from "../support/caught.ts";
import { describeWithEngineAndRegistry } from "../support/peers.ts";
import { openWorld, uniqueName } from "../support/world.ts";
import { RESOLVE_FAILURES } from "../support/world-failures.ts";
import type { FailureScene } from "../support/world-failures.ts";
import { startPrivateRegistry } from "../support/world-registry.ts";

describeWithEngineAndRegistry("a workspace that cannot be resolved", (engine, peer) => {
  const stack = new AsyncDisposableStack();
  let scene: FailureScene;
  beforeAll(async () => {
    const registry = stack.use(await startPrivateRegistry(peer, "htpasswd"));
    const tokens = stack.use(await startPrivateRegistry(peer, "token"));
    const hostile = stack.use(await startRegistry());
    const world = stack.use(await openWorld({ engine, registry }));
    scene = { registry, tokens, hostile, world };
  });
  afterAll(() => stack.disposeAsync());

  it.each(RESOLVE_FAILURES)("is refused for $name", async (failure) => {
    const { world, registry } = scene;
    const { afterwards, ...options } = await failure.workspace(scene);
    const workspace = await world.workspace(options);
    await afterwards?.();
    const spawnId = uniqueName();
    const error = await caughtError(() => world.slipway.spawnWorkspace(workspace, { spawnId }));
    const { code, reason, message, remedy } = failure;
    expect(error).toMatchObject({
      code: code === "UNAVAILABLE" ? code : "FAILED_PRECONDITION",
      reason,
      message: expect.stringMatching(message),
      remedy: expect.stringMatching(remedy),
    });
    const failed = error.checks?.filter((check) => isFailed(check));
    expect(failed).toEqual([expect.objectContaining({ code, reason, outcome: "failed" })]);
    // Nothing was promised: neither the ledger nor the engine knows of it.
    expect(await caughtError(() => world.slipway.describeSpawn(spawnId))).toMatchObject({
      code: "NOT_FOUND",
      reason: "SPAWN_NOT_FOUND",
    });
    expect(await world.engine.containers(world.label)).toEqual([]);
    expect(await world.engine.images(registry.host)).toEqual([]);
  });

  it("receives all of its problems at once", async () => {
    const { world, registry } = scene;
    await world.secret("STALE", "robot:changed since");
    const { reference } = await registry.push(tinyImage("amd64"));
    const network = `absent-${uniqueName()}`;
    const workspace = await world.workspace({
      imageRef: reference,
      secret: "STALE",
      placement: await world.placement({ network }),
    });
    const error = await caughtError(() => world.slipway.resolveWorkspace(workspace));
    expect(error).toMatchObject({ code: "FAILED_PRECONDITION", reason: "CHECKS_FAILED" });
    expect(error.message).toContain("refused the credential");
    expect(error.message).toContain(network);
    const failed = error.checks?.filter((check) => isFailed(check));
    expect(failed).toMatchObject([
      { reason: "REGISTRY_UNAUTHENTICATED" },
      { reason: "NETWORK_NOT_FOUND" },
    ]);
  });

  it("says so where the key of its secrets is lost", async () => {
    const { registry } = scene;
    await using world = await openWorld({ engine, registry });
    const { reference } = await registry.push(tinyImage("amd64"));
    const workspace = await world.workspace({ imageRef: reference });
    await rm(world.commands.keyFile);
    const ran = await world.commands.run(["resolve", workspace, "-o", "json"]);
    expect(ran).toMatchObject({ exitCode: 3, stdout: "" });
    expect(JSON.parse(ran.stderr)).toMatchObject({ error: { reason: "SECRET_KEY_MISSING" } });
  });

  it("leaves the command line with the code of what failed", async () => {
    const { world, registry } = scene;
    const { reference } = await registry.push(tinyImage("amd64"));
    const unknown = await world.workspace({ imageRef: `${reference}-other` });
    const placement = await world.placement({ host: "unix:///nonexistent/docker.sock" });
    const down = await world.workspace({ imageRef: reference, placement });
    const spawn = (workspace: string) =>
      world.commands.run(["spawn", workspace, "--id", workspace, "-o", "json"]);
    const [absent, unreachable] = await Promise.all([spawn(unknown), spawn(down)]);
    expect(absent).toMatchObject({ exitCode: 3, stdout: "" });
    expect(JSON.parse(absent.stderr)).toMatchObject({ error: { reason: "IMAGE_NOT_FOUND" } });
    expect(unreachable).toMatchObject({ exitCode: 7, stdout: "" });
    expect(JSON.parse(unreachable.stderr)).toMatchObject({
      error: { reason: "ENGINE_UNAVAILABLE" },
    });
  });

  it("cannot even be written with a pull secret that does not exist", async () => {
    const { world } = scene;
    const options = { imageRef: "registry.example/app:1", secret: "NEVER_SET" };
    expect(await caughtError(() => world.workspace(options))).toMatchObject({
      code: "FAILED_PRECONDITION",
      reason: "LINK_MISSING",
      message: expect.stringContaining("NEVER_SET"),
    });
  });
});

function isFailed(check: unknown): boolean {
  return (
    typeof check === "object" && check !== null && "outcome" in check && check.outcome === "failed"
  );
}
