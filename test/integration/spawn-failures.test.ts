import { appendFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { JsonObject } from "../../src/errors.ts";
import { startRegistry, tinyImage } from "../../testing/registry/index.ts";
import type { BuiltImage, LayerEntry, TestRegistry } from "../../testing/registry/index.ts";
import { fastClock } from "../support/faults/fast-clock.ts";
import { describeWithEngineAndRegistry } from "../support/peers.ts";
import { openWorld, uniqueName } from "../support/world.ts";
import type { World } from "../support/world.ts";
import { startPrivateRegistry } from "../support/world-registry.ts";
import type { PrivateRegistry } from "../support/world-registry.ts";

const GARBAGE: LayerEntry = {
  type: "file",
  path: "garbage",
  mode: 0o755,
  content: Buffer.from("this is no program"),
};

const CHALLENGE = {
  kind: "status",
  status: 401,
  code: "UNAUTHORIZED",
  headers: { "www-authenticate": 'Basic realm="closed"' },
} as const;

/** An image that is in order and cannot be started. */
const UNSTARTABLE: readonly (readonly [string, JsonObject, string, string, RegExp])[] = [
  [
    "a command that it does not have",
    { Entrypoint: ["/absent"] },
    "FAILED_PRECONDITION",
    "MACHINE_NOT_STARTED",
    /\/absent/,
  ],
  [
    "a user that it does not know",
    { User: "stranger" },
    "FAILED_PRECONDITION",
    "MACHINE_NOT_STARTED",
    /stranger/,
  ],
];

describeWithEngineAndRegistry("a launch that fails", (engine, peer) => {
  const stack = new AsyncDisposableStack();
  let registry: PrivateRegistry;
  let shaky: TestRegistry;
  let world: World;
  beforeAll(async () => {
    registry = stack.use(await startPrivateRegistry(peer, "htpasswd"));
    shaky = stack.use(await startRegistry());
    world = stack.use(await openWorld({ engine, registry, others: [shaky], clock: fastClock(20) }));
  });
  afterAll(() => stack.disposeAsync());

  /** An image whose upper layer no engine has seen. */
  function freshImage(config: JsonObject = {}, files: readonly LayerEntry[] = []) {
    const only: LayerEntry = { type: "file", path: "only", content: Buffer.from(uniqueName()) };
    return tinyImage("amd64", { config, files: [only, ...files] });
  }
  const upperLayer = (image: BuiltImage) => image.layers.at(-1)?.digest ?? "";

  /** What the ledger and the engine have of a spawn that failed. */
  async function expectFailed(spawnId: string, error: object): Promise<void> {
    const description = await world.slipway.describeSpawn(spawnId);
    expect(description).toMatchObject({ state: "failed", error });
    expect(description.events.at(-1)).toMatchObject({
      state: "failed",
      message: description.error?.["message"],
    });
    expect(await world.engine.containers(`dev.slipway.spawn=${spawnId}`)).toEqual([]);
  }

  it("reports a layer that does not match its digest", async () => {
    const image = freshImage();
    const { reference } = await registry.push(image);
    await appendFile(registry.real.contentFile(upperLayer(image)), "more");
    const workspace = await world.workspace({ imageRef: reference });
    const spawnId = uniqueName();
    await world.slipway.spawnWorkspace(workspace, { spawnId });
    await expectFailed(spawnId, { code: "FAILED_PRECONDITION", reason: "DIGEST_MISMATCH" });
    expect(await world.engine.images(registry.host)).not.toContain(reference.split(":1")[0]);
  });

  it.each([
    ["refuses the credential by then", CHALLENGE, "UNAUTHENTICATED", "REGISTRY_UNAUTHENTICATED"],
    [
      "limits pulls by then",
      { kind: "status", status: 429 },
      "RESOURCE_EXHAUSTED",
      "REGISTRY_RATE_LIMITED",
    ],
    ["breaks off", { kind: "reset" }, "UNAVAILABLE", "REGISTRY_UNAVAILABLE"],
  ] as const)("reports a registry that %s", async (_what, fault, code, reason) => {
    const repository = `shaky/${uniqueName()}`;
    const { reference } = shaky.add(repository, "1", freshImage());
    const workspace = await world.workspace({ imageRef: reference, secret: null });
    const spawnId = uniqueName();
    await world.slipway.spawnWorkspace(workspace, {
      spawnId,
      onEvent: () => shaky.fault({ fault, repository }),
    });
    await expectFailed(spawnId, { code, reason });
  });

  it.each([
    [
      "lacks a layer",
      { kind: "status", status: 404, code: "BLOB_UNKNOWN" },
      "NOT_FOUND",
      "IMAGE_NOT_FOUND",
    ],
  ] as const)("reports a registry that %s", async (_what, fault, code, reason) => {
    const repository = `shaky/${uniqueName()}`;
    const image = freshImage();
    const { reference } = shaky.add(repository, "1", image);
    const workspace = await world.workspace({ imageRef: reference, secret: null });
    const spawnId = uniqueName();
    const layer = upperLayer(image);
    shaky.fault({ fault, repository, target: "blob", reference: layer });
    await world.slipway.spawnWorkspace(workspace, { spawnId });
    await expectFailed(spawnId, { code, reason });
  });

  it.each(UNSTARTABLE)("reports %s", async (_what, config, code, reason, message) => {
    const { reference } = await registry.push(freshImage(config));
    const workspace = await world.workspace({ imageRef: reference });
    const spawnId = uniqueName();
    const spawn = await world.slipway.spawnWorkspace(workspace, { spawnId });
    expect(spawn.attempts).toMatchObject([{ outcome: "rejected", reason }]);
    await expectFailed(spawnId, { code, reason, message: expect.stringMatching(message) });
  });

  it("reports a program for another processor", async () => {
    const { reference } = await registry.push(freshImage({ Entrypoint: ["/garbage"] }, [GARBAGE]));
    const workspace = await world.workspace({ imageRef: reference });
    const spawnId = uniqueName();
    await world.slipway.spawnWorkspace(workspace, { spawnId, wait: "watched" });
    await expectFailed(spawnId, {
      code: "FAILED_PRECONDITION",
      reason: "PLATFORM_UNSUPPORTED",
      message: expect.stringContaining("exec format error"),
    });
  });

  it("reports a secret that no variable can hold", async () => {
    await world.secret("BINARY", "before\0after");
    const { reference } = await registry.push(freshImage());
    const fields = { secret_refs: ["BINARY"] };
    const workspace = await world.workspace({ imageRef: reference, fields });
    const spawnId = uniqueName();
    await world.slipway.spawnWorkspace(workspace, { spawnId });
    await expectFailed(spawnId, {
      code: "FAILED_PRECONDITION",
      reason: "RESOURCE_VALUE_REFUSED",
      message: expect.stringContaining("BINARY"),
    });
  });
});
