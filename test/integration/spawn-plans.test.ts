import { appendFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createSlipway } from "../../src/slipway/create-slipway.ts";
import { savePlan } from "../../src/cli/arguments/plan-file.ts";
import { tinyImage } from "../../testing/registry/index.ts";
import type { BuiltImage } from "../../testing/registry/index.ts";
import { caughtError } from "../support/caught.ts";
import { describeWithEngineAndRegistry } from "../support/peers.ts";
import { openWorld, uniqueName } from "../support/world.ts";
import type { World } from "../support/world.ts";
import { startPrivateRegistry } from "../support/world-registry.ts";
import type { PrivateRegistry } from "../support/world-registry.ts";

/** For command lines on a busy machine. */
const SLOW = { timeout: 60_000 };

describeWithEngineAndRegistry("a plan that was reviewed", (engine, peer) => {
  let registry: PrivateRegistry;
  let world: World;
  beforeAll(async () => {
    registry = await startPrivateRegistry(peer, "token");
    world = await openWorld({ engine, registry });
  });
  afterAll(async () => {
    await world[Symbol.asyncDispose]();
    await registry[Symbol.asyncDispose]();
  });

  function freshImage(): BuiltImage {
    return tinyImage("amd64", { config: { Labels: { only: uniqueName() } } });
  }

  /** A workspace with a plan in a file, and the image that was reviewed. */
  async function reviewed() {
    const repository = `plans/${uniqueName()}`;
    const pushed = await registry.push(freshImage(), { repository });
    const workspace = await world.workspace({ imageRef: pushed.reference });
    const plan = await world.slipway.resolveWorkspace(workspace);
    const file = `${workspace}.json`;
    savePlan(plan, { file, from: world.commands.path });
    return { repository, pushed, workspace, plan, file, path: join(world.commands.path, file) };
  }
  const spawnPlan = (file: string, ...flags: readonly string[]) =>
    world.commands.run(["spawn", "--plan", file, "-o", "json", ...flags]);
  const errorIn = (stderr: string) => JSON.parse(stderr).error;

  it("is booted as it was reviewed, whatever its tag means by now", SLOW, async () => {
    const { repository, pushed, workspace, file } = await reviewed();
    const newer = await registry.push(freshImage(), { repository });
    expect(newer.digest).not.toBe(pushed.digest);
    const ran = await spawnPlan(file);
    expect(ran).toMatchObject({ exitCode: 0 });
    const { machine, plan_id: planId } = JSON.parse(ran.stdout);
    const container = await world.engine.inspect(machine.id);
    expect(container.Config.Image).toBe(pushed.pinned);
    const plan = await world.slipway.resolveWorkspace(workspace);
    expect(plan.artifact.id).toBe(newer.pinned);
    expect(plan.planId).not.toBe(planId);
  });

  it(
    "is rejected once its image record has changed, unless --allow-stale is given",
    SLOW,
    async () => {
      const { repository, pushed, workspace, file } = await reviewed();
      const newer = await registry.push(freshImage(), { repository, tag: "2" });
      const image = { image_ref: newer.reference, pull_credential_secret: "LOGIN" };
      const record = { name: workspace, architecture: "ARCHITECTURE_AMD64", docker: image };
      await world.slipway.catalog.setDocument("image", record);
      const spawnId = uniqueName();
      const refused = await spawnPlan(file, "--id", spawnId);
      expect(refused).toMatchObject({ exitCode: 3, stdout: "" });
      expect(errorIn(refused.stderr)).toMatchObject({
        code: "FAILED_PRECONDITION",
        reason: "PLAN_STALE",
        message: expect.stringContaining(
          `image ${workspace} is at generation 2, but the plan was resolved from generation 1`,
        ),
        remedy: expect.stringContaining("--allow-stale"),
      });
      expect(await caughtError(() => world.slipway.describeSpawn(spawnId))).toMatchObject({
        reason: "SPAWN_NOT_FOUND",
      });
      expect(await world.engine.containers(`dev.slipway.spawn=${spawnId}`)).toEqual([]);

      const allowed = await spawnPlan(file, "--id", spawnId, "--allow-stale");
      expect(allowed).toMatchObject({ exitCode: 0 });
      const { machine } = JSON.parse(allowed.stdout);
      expect((await world.engine.inspect(machine.id)).Config.Image).toBe(pushed.pinned);
    },
  );

  it.each(["workspace", "placement", "image"] as const)(
    "is rejected once its %s has changed or was deleted",
    async (kind) => {
      const { workspace, plan } = await reviewed();
      const { name } = plan.records.find((record) => record.kind === kind) ?? { name: "" };
      await world.slipway.catalog.patch(kind, name, { description: "newer" });
      const stale = { code: "FAILED_PRECONDITION", reason: "PLAN_STALE" };
      const spawning = () => world.slipway.spawnWorkspace(plan, { spawnId: uniqueName() });
      expect(await caughtError(spawning)).toMatchObject(stale);
      if (kind !== "workspace") return;
      await world.slipway.catalog.delete("workspace", workspace);
      expect(await caughtError(spawning)).toMatchObject(stale);
    },
  );

  it("is rejected if the file was changed", async () => {
    const { pushed, file, path } = await reviewed();
    const other = await registry.push(freshImage());
    const text = await readFile(path, "utf8");
    expect(text).toContain(pushed.pinned);
    await writeFile(path, text.replaceAll(pushed.pinned, other.pinned));
    const ran = await spawnPlan(file);
    expect(ran).toMatchObject({ exitCode: 2, stdout: "" });
    expect(errorIn(ran.stderr)).toMatchObject({
      code: "INVALID_ARGUMENT",
      reason: "INVALID_PLAN",
      message: expect.stringContaining("it was changed after it was made"),
    });
  });

  it("is rejected for another tenant", async () => {
    const { file } = await reviewed();
    const ran = await spawnPlan(file, "--tenant", "other");
    expect(ran).toMatchObject({ exitCode: 2, stdout: "" });
    expect(errorIn(ran.stderr)).toMatchObject({
      code: "INVALID_ARGUMENT",
      reason: "INVALID_PLAN",
      message: expect.stringContaining("belongs to tenant default, not to other"),
    });
  });

  it("is refused where the registry has something else under the digest by now", async () => {
    const { pushed, plan } = await reviewed();
    await appendFile(registry.real.contentFile(pushed.digest), " ");
    // The process that resolved it remembers the manifest.
    const { database, path } = world.commands;
    await using later = await createSlipway({ database, environment: { HOME: path } });
    const error = await caughtError(() => later.spawnWorkspace(plan));
    expect(error).toMatchObject({ code: "FAILED_PRECONDITION", reason: "DIGEST_MISMATCH" });
  });

  it("goes on with the plan that its id recorded", async () => {
    const { workspace, plan } = await reviewed();
    const spawnId = uniqueName();
    const first = await world.slipway.spawnWorkspace(plan, { spawnId });
    await world.slipway.catalog.patch("image", workspace, { description: "newer" });
    expect(await world.slipway.spawnWorkspace(plan, { spawnId })).toEqual(first);
    const newer = await world.slipway.resolveWorkspace(workspace);
    expect(await caughtError(() => world.slipway.spawnWorkspace(newer, { spawnId }))).toMatchObject(
      { code: "ALREADY_EXISTS", reason: "SPAWN_ID_REUSED" },
    );
  });
});
