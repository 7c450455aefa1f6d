import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { parse } from "yaml";
import { createSlipway } from "../../src/slipway/create-slipway.ts";
import { SecretValue } from "../../src/secret-value.ts";
import { startRegistry, tinyImage } from "../../testing/registry/index.ts";
import type { TestRegistry } from "../../testing/registry/index.ts";
import { removeImagesOf } from "../support/engine-client.ts";
import { describeWithEngine } from "../support/peers.ts";
import type { EnginePeer } from "../support/peers.ts";
import { scratchCatalog } from "./support/scratch-catalog.ts";
import type { ScratchCatalog } from "./support/scratch-catalog.ts";

const NAMES = ["steady", "brief", "slow"] as const;
const PASSWORD = "correct-horse-battery-staple";

interface Cli extends AsyncDisposable {
  readonly catalog: ScratchCatalog;
  readonly json: (...argv: readonly string[]) => Promise<unknown>;
}

/** The command line on a catalog with a workspace for each of the registry's images; terminates every machine at the end. */
async function cliFor(engine: EnginePeer, registry: TestRegistry): Promise<Cli> {
  const catalog = scratchCatalog();
  await using library = await createSlipway({ database: catalog.database });
  await library.catalog.setSecret("LOGIN", new SecretValue(`robot:${PASSWORD}`));
  const placement = `name: here\nsubstrate: DOCKER\ntarget: {docker: {host: "${engine.host}"}}`;
  await library.catalog.set("placement", parse(placement));
  for (const name of NAMES) {
    const docker = `{image_ref: "${registry.host}/cli/${name}:1", pull_credential_secret: LOGIN}`;
    const image = `name: ${name}\narchitecture: ARCHITECTURE_AMD64\ndocker: ${docker}`;
    await library.catalog.set("image", parse(image));
    const workspace = `name: ${name}-dev\nimage_ref: ${name}\nplacement: here`;
    await library.catalog.set("workspace", parse(workspace));
  }
  return {
    catalog,
    json: async (...argv) => JSON.parse((await catalog.must([...argv, "-o", "json"])).stdout),
    async [Symbol.asyncDispose]() {
      for (const name of NAMES) await catalog.must(["terminate", "--workspace", `${name}-dev`]);
      catalog[Symbol.dispose]();
    },
  };
}

describeWithEngine("spawning through the command line", (engine) => {
  let registry: TestRegistry;
  let slowLayer: string;
  beforeAll(async () => {
    registry = await startRegistry({ auth: { kind: "basic", users: { robot: PASSWORD } } });
    registry.add(
      "cli/steady",
      "1",
      tinyImage("amd64", { program: { line: "steady as she goes\n" } }),
    );
    // The engine cannot have this image's layer yet: its content is unique to this run.
    const slow = tinyImage("amd64", { program: { line: `${randomUUID()}\n` } });
    registry.add("cli/slow", "1", slow);
    slowLayer = slow.layers[0]?.digest ?? "";
    const brief = { line: "oh no\n", signals: [], exitCode: 3 };
    registry.add("cli/brief", "1", tinyImage("amd64", { program: brief }));
  });
  afterAll(async () => {
    await removeImagesOf(engine, registry.host);
    await registry.close();
  });

  it(
    "launches one machine, shows it, prints its logs and terminates it",
    { timeout: 60_000 },
    async () => {
      await using cli = await cliFor(engine, registry);
      const { catalog, json } = cli;
      const spawned = await catalog.must(["spawn", "steady-dev", "--id", "one"]);
      expect(spawned.stdout).toMatch(/^spawn_id: one\n/);
      expect(spawned.stderr).toMatch(
        /^(?:resolving .*\n)?one: launching: .*\none: booting: .*\none: running: .*\n/,
      );
      const again = await catalog.must(["spawn", "steady-dev", "--id", "one"]);
      expect(again.stdout).toBe(spawned.stdout);
      const described = await json("describe", "one");
      expect(described).toMatchObject({
        spawn_id: "one",
        state: "running",
        machine: { architecture: "amd64" },
        attempts: [{ attempt: 1, outcome: "accepted" }],
        plan: { workspace: "steady-dev", artifact: { pinned: true } },
        error: null,
      });
      expect(await json("list", "--state", "running")).toMatchObject([{ spawn_id: "one" }]);
      const logs = await catalog.must(["logs", "one"]);
      expect(logs).toMatchObject({ stdout: "steady as she goes\n", stderr: "" });
      const watched = await catalog.must([
        "watch",
        "one",
        "--since",
        "all",
        "--until",
        "settled",
        "-o",
        "json",
      ]);
      const states = watched.stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line).state);
      expect(states).toEqual(["pending", "launching", "booting", "running"]);
      expect(await json("terminate", "one")).toMatchObject({ state: "terminated" });
      expect(await json("list", "--all", "--workspace", "steady-dev")).toMatchObject([
        { state: "terminated" },
      ]);
    },
  );

  it(
    "prints a machine that exited at once as a failed spawn, with the reason",
    { timeout: 60_000 },
    async () => {
      await using cli = await cliFor(engine, registry);
      const ran = await cli.catalog.run(["spawn", "brief-dev", "--id", "two", "-o", "json"]);
      expect(JSON.parse(ran.stdout)).toMatchObject({ spawn_id: "two", state: "failed" });
      const { error } = JSON.parse(ran.stderr);
      expect(error).toMatchObject({ reason: "MACHINE_EXITED" });
      expect(JSON.stringify(error)).toContain("oh no");
      expect(ran.exitCode).toBe(3);
    },
  );

  it("spawns a saved plan, and rejects it once it is stale", { timeout: 60_000 }, async () => {
    await using cli = await cliFor(engine, registry);
    const { catalog } = cli;
    await catalog.must(["resolve", "steady-dev", "--save", "plan.json"]);
    await catalog.must(["patch", "image", "steady", "--set", "description=newer"]);
    const ran = await catalog.run(["spawn", "--plan", "plan.json", "-o", "json"]);
    expect(ran).toMatchObject({ exitCode: 3, stdout: "" });
    expect(JSON.parse(ran.stderr)).toMatchObject({ error: { reason: "PLAN_STALE" } });
    const spawned = await cli.json("spawn", "--plan", "plan.json", "--allow-stale");
    expect(spawned).toMatchObject({ state: "running" });
  });

  it(
    "leaves an interrupted spawn recorded, and prints how to resume it",
    { timeout: 60_000 },
    async () => {
      await using cli = await cliFor(engine, registry);
      const { catalog } = cli;
      const stall = registry.fault({ fault: { kind: "stall" }, reference: slowLayer });
      const ran = await catalog.runProcess(["spawn", "slow-dev", "--id", "three"], {
        onStart: (child) => void stall.reached.then(() => child.kill("SIGINT")),
      });
      stall.remove();
      stall.release();
      expect(ran).toMatchObject({ exitCode: 130, signal: null, stdout: "" });
      expect(ran.stderr).toContain("slipway spawn slow-dev --id three");
      expect(ran.stderr).toContain("slipway terminate three");
      const resumed = await cli.json("spawn", "slow-dev", "--id", "three");
      expect(resumed).toMatchObject({ spawn_id: "three", state: "running" });
    },
  );

  it(
    "reports all failed checks together, and prints and saves nothing",
    { timeout: 60_000 },
    async () => {
      await using cli = await cliFor(engine, registry);
      const { catalog } = cli;
      await catalog.must(["set", "secret", "LOGIN"], { stdin: "robot:guessed-password\n" });
      const argv = ["resolve", "steady-dev", "--save", "plan.json"];
      const ran = await catalog.run([...argv, "-o", "json"]);
      expect(ran).toMatchObject({ exitCode: 3, stdout: "" });
      const { error } = JSON.parse(ran.stderr);
      expect(error).toMatchObject({
        code: "FAILED_PRECONDITION",
        reason: "REGISTRY_UNAUTHENTICATED",
      });
      expect(error.checks).toContainEqual(
        expect.objectContaining({ outcome: "failed", reason: "REGISTRY_UNAUTHENTICATED" }),
      );
      const readable = await catalog.run(argv);
      expect(readable.stderr).toMatch(
        /^slipway: FAILED_PRECONDITION: .* refused the credential of secret \w+: status 401 .+\n.+\n$/,
      );
      expect(`${ran.stderr}${readable.stderr}`).not.toContain("guessed-password");
      expect(await catalog.run(["spawn", "--plan", join(catalog.path, "plan.json")])).toMatchObject(
        {
          exitCode: 2,
        },
      );
    },
  );

  it("inspects without pulling", async () => {
    await using cli = await cliFor(engine, registry);
    const reference = `${registry.host}/cli/steady:1`;
    const inspected = await cli.json("inspect", reference, "--secret", "LOGIN", "--verify-layers");
    expect(inspected).toMatchObject({
      reference,
      index_digest: null,
      platform: "linux/amd64",
      config: { architecture: "amd64", rootfs: { type: "layers" } },
    });
    const anonymous = await cli.catalog.run(["inspect", reference, "-o", "json"]);
    expect(anonymous).toMatchObject({ exitCode: 5, stdout: "" });
  });
});
