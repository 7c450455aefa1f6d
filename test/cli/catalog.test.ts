import { existsSync, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { createSlipway } from "../../src/slipway/create-slipway.ts";
import { scratchCatalog } from "./support/scratch-catalog.ts";
import type { ScratchCatalog } from "./support/scratch-catalog.ts";

const IMAGE = "name: agent\narchitecture: ARCHITECTURE_AMD64\ndocker: {image_ref: a/b}\n";
const PLACEMENT = "name: here\nsubstrate: DOCKER\ntarget: {docker: {}}\n";
const WORKSPACE = "name: agent-dev\nimage_ref: agent\nplacement: here\n";

/** Sets an image, a placement and a workspace that refers to both. */
async function fill(catalog: ScratchCatalog): Promise<void> {
  await using library = await createSlipway({ database: catalog.database });
  for (const [kind, text] of [
    ["image", IMAGE],
    ["placement", PLACEMENT],
    ["workspace", WORKSPACE],
  ] as const)
    await library.catalog.set(kind, parse(text));
}

/** The error that a failing command prints as JSON. */
async function errorOf(
  catalog: ScratchCatalog,
  argv: readonly string[],
  stdin = "",
): Promise<{ readonly exitCode: number | null; readonly error: unknown }> {
  const ran = await catalog.run([...argv, "-o", "json"], { stdin });
  expect(ran.stdout).toBe("");
  const { error }: { error: unknown } = JSON.parse(ran.stderr);
  return { exitCode: ran.exitCode, error };
}

describe("the catalog through the command line", () => {
  it("lists, patches, keeps history and deletes", async () => {
    using catalog = scratchCatalog();
    await fill(catalog);
    const list = await catalog.must(["get", "workspace", "-o", "json"]);
    expect(JSON.parse(list.stdout)).toMatchObject([{ name: "agent-dev", generation: 1 }]);
    const patch = ["patch", "workspace", "agent-dev", "--set", "min_idle=2", "-o", "json"];
    expect(JSON.parse((await catalog.must(patch)).stdout)).toMatchObject({
      min_idle: 2,
      image_ref: "agent",
      generation: 2,
    });
    await catalog.must(["delete", "workspace", "agent-dev"]);
    const history = await catalog.must(["history", "workspace", "agent-dev", "-o", "json"]);
    expect(JSON.parse(history.stdout)).toMatchObject([
      { generation: 3, deleted: true, record: null },
      { generation: 2, deleted: false, record: { min_idle: 2 } },
      { generation: 1, deleted: false, record: { name: "agent-dev" } },
    ]);
  });

  it("keeps tenants apart", async () => {
    using catalog = scratchCatalog();
    await catalog.must(["set", "image", "agent", "--tenant", "acme"], { stdin: IMAGE });
    const theirs = await catalog.must(["--tenant=acme", "get", "image", "-o", "json"]);
    expect(JSON.parse(theirs.stdout)).toHaveLength(1);
    const ours = await catalog.must(["get", "image", "-o", "json"]);
    expect(JSON.parse(ours.stdout)).toEqual([]);
    const environment = { SLIPWAY_TENANT: "acme" };
    expect((await catalog.must(["get", "image", "agent"], { environment })).stderr).toBe("");
  });

  it.each<{
    readonly what: string;
    readonly argv: readonly string[];
    readonly exitCode: number;
    readonly error: object;
    readonly stdin?: string;
  }>([
    {
      what: "an unknown name",
      argv: ["get", "image", "none"],
      exitCode: 4,
      error: { code: "NOT_FOUND" },
    },
    {
      what: "an unknown kind",
      argv: ["get", "imagez"],
      exitCode: 2,
      error: { reason: "UNKNOWN_KIND" },
    },
    {
      what: "a name that differs from the body's",
      argv: ["set", "image", "other"],
      exitCode: 2,
      error: { code: "INVALID_ARGUMENT" },
      stdin: IMAGE,
    },
    {
      what: "a different generation",
      argv: ["set", "image", "agent", "--if-generation", "7"],
      exitCode: 8,
      error: { code: "ABORTED", reason: "GENERATION_MISMATCH" },
      stdin: IMAGE,
    },
    {
      what: "a record in use",
      argv: ["delete", "image", "agent"],
      exitCode: 3,
      error: { reason: "RECORD_IN_USE" },
    },
    {
      what: "a missing link",
      argv: ["set", "workspace", "w"],
      exitCode: 3,
      error: { reason: "LINK_MISSING" },
      stdin: "name: w\nimage_ref: none\nplacement: here\n",
    },
    {
      what: "a built-in record",
      argv: ["delete", "disk-type", "slipway-gp3"],
      exitCode: 5,
      error: { reason: "RECORD_BUILT_IN" },
    },
    {
      what: "an unknown spawn",
      argv: ["describe", "none"],
      exitCode: 4,
      error: { reason: "SPAWN_NOT_FOUND" },
    },
    {
      what: "resolving an unknown workspace",
      argv: ["resolve", "none"],
      exitCode: 4,
      error: { code: "NOT_FOUND" },
    },
    {
      what: "spawning an unknown workspace",
      argv: ["spawn", "none"],
      exitCode: 4,
      error: { code: "NOT_FOUND" },
    },
    {
      what: "an invalid id",
      argv: ["spawn", "agent-dev", "--id", "A_B"],
      exitCode: 2,
      error: { reason: "INVALID_SPAWN_ID" },
    },
    {
      what: "terminating an unknown spawn",
      argv: ["terminate", "none"],
      exitCode: 4,
      error: { reason: "SPAWN_NOT_FOUND" },
    },
    {
      what: "watching an unknown spawn",
      argv: ["watch", "none"],
      exitCode: 4,
      error: { reason: "SPAWN_NOT_FOUND" },
    },
    {
      what: "logs of an unknown spawn",
      argv: ["logs", "none"],
      exitCode: 4,
      error: { reason: "SPAWN_NOT_FOUND" },
    },
    {
      what: "an invalid reference",
      argv: ["inspect", "not a reference"],
      exitCode: 2,
      error: { reason: "INVALID_REFERENCE" },
    },
  ])("exits with the documented code: $what", async ({ argv, exitCode, error, stdin }) => {
    using catalog = scratchCatalog();
    await fill(catalog);
    expect(await errorOf(catalog, argv, stdin)).toMatchObject({ exitCode, error });
  });

  it("keeps its data in the given place, and by default in the home folder", async () => {
    using catalog = scratchCatalog();
    const environment = { SLIPWAY_DATABASE: "" };
    await catalog.must(["set", "image", "agent"], { stdin: IMAGE, environment });
    expect(existsSync(join(catalog.path, ".local", "share", "slipway", "slipway.db"))).toBe(true);
    await catalog.must(["get", "image", "--database", "sub/own.db"], {
      environment: { XDG_DATA_HOME: join(catalog.path, "data") },
    });
    expect(existsSync(join(catalog.path, "sub", "own.db"))).toBe(true);
    expect(existsSync(join(catalog.path, "data"))).toBe(false);
  });

  it.each([
    {
      home: "/proc",
      exitCode: 3,
      message: "database /proc/.local/share/slipway/slipway.db cannot be",
    },
    { home: "", exitCode: 2, message: "HOME is empty" },
  ])("reports that there is no usable home folder: HOME=$home", async (given) => {
    using catalog = scratchCatalog();
    const environment = { SLIPWAY_DATABASE: "", HOME: given.home };
    const ran = await catalog.run(["list"], { environment });
    expect(ran).toMatchObject({ exitCode: given.exitCode, stdout: "" });
    expect(ran.stderr).toContain(given.message);
    expect(existsSync(join(catalog.path, ".local"))).toBe(false);
  });

  it("reports that the database cannot be opened", async () => {
    using catalog = scratchCatalog();
    mkdirSync(join(catalog.path, "folder"));
    const ran = await catalog.run(["get", "image", "--database", "folder", "-o", "json"]);
    expect(ran.exitCode).not.toBe(0);
    expect(JSON.parse(ran.stderr)).toMatchObject({
      error: { reason: expect.stringMatching(/^STORAGE_/), remedy: expect.any(String) },
    });
  });

  it("lists no spawns and watches none in a new database", async () => {
    using catalog = scratchCatalog();
    expect(await catalog.run(["list"])).toMatchObject({ exitCode: 0, stdout: "[]\n", stderr: "" });
    expect(await catalog.run(["watch", "--until", "settled"])).toMatchObject({
      exitCode: 0,
      stdout: "",
      stderr: "",
    });
  });

  it("ends quietly when the reader closes standard output", async () => {
    using catalog = scratchCatalog();
    const ran = await catalog.runProcess(["get", "image"], { closeStdout: true });
    expect(ran).toMatchObject({ exitCode: 0, signal: null, stderr: "" });
  });
});

describe("an offline resolution", () => {
  it("prints an unpinned plan, saves it readable only by its owner, and cannot be spawned", async () => {
    using catalog = scratchCatalog();
    await fill(catalog);
    const argv = ["resolve", "agent-dev", "--offline", "--save", "plan.json", "-o", "json"];
    const ran = await catalog.must(argv);
    expect(ran.stderr).toBe("");
    expect(JSON.parse(ran.stdout)).toMatchObject({
      workspace: "agent-dev",
      substrate: "DOCKER",
      artifact: { pinned: false },
    });
    expect(statSync(join(catalog.path, "plan.json")).mode & 0o777).toBe(0o600);
    const spawned = await errorOf(catalog, ["spawn", "--plan", "plan.json"]);
    expect(spawned.exitCode).not.toBe(0);
    expect(spawned.error).toMatchObject({ reason: "PLAN_UNPINNED" });
  });
});
