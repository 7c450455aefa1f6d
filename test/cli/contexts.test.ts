import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { scratchFolder } from "../support/scratch.ts";
import { slipway } from "./support/command-line.ts";
import type { CommandResult } from "./support/command-line.ts";
import { printedError } from "./support/printed-error.ts";

interface Scene extends Disposable {
  readonly path: string;
  readonly config: string;
  readonly run: (line: string, variables?: Record<string, string>) => Promise<CommandResult>;
  readonly write: (text: string) => void;
}

/** A home folder, and the commands of its user. */
function scene(text?: string): Scene {
  const folder = scratchFolder();
  const { path } = folder;
  const config = join(path, ".config", "slipway", "config.yaml");
  const write = (content: string): void => {
    mkdirSync(dirname(config), { recursive: true });
    writeFileSync(config, content);
  };
  if (text !== undefined) write(text);
  return {
    path,
    config,
    write,
    run: (line, variables = {}) =>
      slipway(line.split(" "), path, { environment: { HOME: path, LOGNAME: "ann", ...variables } }),
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
}

const TWO = `current_context: staging
contexts:
  # Everyone may use it.
  staging:
    database: ~/staging.db # on this disk
    tenant: acme
    default_output: json
  prod:
    database: prod.db
`;

describe("a command", () => {
  it("uses the current context, and what takes precedence over it", async () => {
    using it = scene(TWO);
    const { path } = it;
    const shown = async (line: string, variables?: Record<string, string>) => {
      const ran = await it.run(`context show -o json ${line}`.trim(), variables);
      const { name, settings } = JSON.parse(ran.stdout);
      return { name, database: settings.database, tenant: settings.tenant };
    };
    const ofContext = (from: string, value: string) => ({ value, source: "context", from });
    expect(await shown("")).toEqual({
      name: "staging",
      database: ofContext("staging", join(path, "staging.db")),
      tenant: ofContext("staging", "acme"),
    });
    expect(await shown("--tenant own", { SLIPWAY_DATABASE: "other.db" })).toEqual({
      name: "staging",
      database: { value: join(path, "other.db"), source: "variable", from: "SLIPWAY_DATABASE" },
      tenant: { value: "own", source: "flag", from: "--tenant" },
    });
    expect(await shown("", { SLIPWAY_CONTEXT: "prod" })).toEqual({
      name: "prod",
      database: ofContext("prod", join(path, ".config", "slipway", "prod.db")),
      tenant: { value: "default", source: "default", from: null },
    });
    const onFlag = await shown("--context default", { SLIPWAY_CONTEXT: "prod" });
    expect(onFlag).toMatchObject({ name: "default", database: { source: "default" } });
    expect(await shown("prod")).toMatchObject({ name: "prod" });
  });

  it("reads and writes the database, tenant and format of the context", async () => {
    using it = scene(TWO);
    const ran = await it.run("get images");
    expect(ran).toEqual({ exitCode: 0, stdout: "[]\n", stderr: "" });
    expect(readdirSync(it.path)).toContain("staging.db");
    const failed = await it.run("get image none");
    expect(printedError(failed)).toMatchObject({ reason: "RECORD_NOT_FOUND" });
    expect((await it.run("get images -o table")).stdout).toMatch(/^NAME/);
    await it.run("get images --context prod");
    expect(readdirSync(dirname(it.config))).toContain("prod.db");
  });

  it("warns if a variable takes precedence over a context that is named on the command line", async () => {
    using it = scene(TWO);
    const warning = /^slipway: warning: SLIPWAY_TENANT takes precedence over the context staging\n/;
    const tenant = { SLIPWAY_TENANT: "own" };
    expect((await it.run("get images -o yaml --context staging", tenant)).stderr).toMatch(warning);
    expect((await it.run("get images -o yaml", tenant)).stderr).toBe("");
    expect((await it.run("get images -o yaml --context prod", tenant)).stderr).toBe("");
  });

  it("names the context that was meant", async () => {
    using it = scene(TWO);
    for (const [line, variables] of [
      ["get images --context stagin", {}],
      ["get images", { SLIPWAY_CONTEXT: "Staging" }],
      ["context use stging", {}],
      ["context delete stagging", {}],
      ["context show stagin", {}],
    ] as const) {
      const ran = await it.run(`${line} -o json`, variables);
      expect(ran).toMatchObject({ exitCode: 4, stdout: "" });
      expect(printedError(ran)).toMatchObject({
        reason: "CONTEXT_NOT_FOUND",
        remedy: "Did you mean staging?",
      });
    }
  });

  it("points at a mistake in the file, which help and other contexts do not need", async () => {
    using it = scene("contexts:\n  a:\n    tenat: x\n");
    const ran = await it.run("get images");
    expect(ran).toMatchObject({ exitCode: 2, stdout: "" });
    expect(ran.stderr).toBe(
      `slipway: INVALID_ARGUMENT: ${it.config}: line 3, column 5: unknown field "tenat"\n` +
        "  3 |     tenat: x\n    |     ^ Did you mean tenant?\n",
    );
    for (const line of ["get --help", "help get", "version", "completion bash"])
      expect(await it.run(line)).toMatchObject({ exitCode: 0, stderr: "" });
    it.write("current_context: gone\n");
    expect(await it.run("get images")).toMatchObject({ exitCode: 4 });
    expect(await it.run("get images --context default")).toMatchObject({ exitCode: 0 });
  });

  it("reads the file that SLIPWAY_CONFIG or XDG_CONFIG_HOME names", async () => {
    using it = scene("contexts: {}\n");
    const own = join(it.path, "own.yaml");
    writeFileSync(own, "current_context: here\ncontexts:\n  here: {}\n");
    const named = await it.run("context show -o json", { SLIPWAY_CONFIG: "own.yaml" });
    expect(JSON.parse(named.stdout)).toMatchObject({ name: "here", config_file: own });
    const missing = await it.run("get images -o json", { SLIPWAY_CONFIG: "none.yaml" });
    expect(printedError(missing).message).toContain('none.yaml" of SLIPWAY_CONFIG does not exist');
    const folder = await it.run("context show -o json", { SLIPWAY_CONFIG: it.path });
    expect(printedError(folder).message).toContain("it is a folder, not a regular file");
    const empty = await it.run("context show -o json", { SLIPWAY_CONFIG: "/dev/null" });
    expect(JSON.parse(empty.stdout)).toMatchObject({ name: "default" });
    const based = await it.run("context show -o json", { XDG_CONFIG_HOME: join(it.path, "x") });
    expect(JSON.parse(based.stdout)).toMatchObject({
      config_file: join(it.path, "x", "slipway", "config.yaml"),
    });
  });
});

describe("slipway context", () => {
  it("creates, chooses, changes and deletes contexts in a file of the user alone", async () => {
    using it = scene();
    const { path, config } = it;
    const created = await it.run("context set team --database data/own.db --tenant acme");
    expect(created).toEqual({
      exitCode: 0,
      stdout: `context team created in ${config}\n`,
      stderr: "",
    });
    expect(statSync(config).mode & 0o777).toBe(0o600);
    expect(statSync(dirname(config)).mode & 0o777).toBe(0o700);
    expect(readFileSync(config, "utf8")).toBe(
      `contexts:\n  team:\n    database: ${path}/data/own.db\n    tenant: acme\n`,
    );
    expect((await it.run("context use team")).stdout).toBe("switched to context team\n");
    const listed = JSON.parse((await it.run("context list -o json")).stdout);
    expect(listed).toMatchObject([
      { name: "default", current: false, database: null },
      { name: "team", current: true, database: `${path}/data/own.db`, tenant: "acme" },
    ]);
    expect((await it.run("context list -o name")).stdout).toBe("default\nteam\n");
    const changed = await it.run(
      "context set team --default-output json --unset database --unset tenant",
    );
    expect(changed.stdout).toBe(`context team configured in ${config}\n`);
    expect(readFileSync(config, "utf8")).toBe(
      "contexts:\n  team:\n    default_output: json\ncurrent_context: team\n",
    );
    const inUse = await it.run("context delete team -o json");
    expect(inUse.exitCode).toBe(3);
    expect(printedError(inUse)).toMatchObject({ reason: "CONTEXT_IN_USE" });
    await it.run("context use default");
    expect((await it.run("context delete team")).stdout).toBe("context team deleted\n");
    expect(readFileSync(config, "utf8")).toBe("contexts: {}\n");
  });

  it("keeps the comments of a file", async () => {
    using it = scene(TWO);
    await it.run("context use prod");
    expect(readFileSync(it.config, "utf8")).toBe(TWO.replace(": staging\n", ": prod\n"));
  });

  it("warns if a variable names another context than the one to use", async () => {
    using it = scene(TWO);
    const ran = await it.run("context use prod", { SLIPWAY_CONTEXT: "staging" });
    expect(ran.stderr).toMatch(/^slipway: warning: SLIPWAY_CONTEXT is "staging", which takes/);
    expect((await it.run("context use prod", { SLIPWAY_CONTEXT: "prod" })).stderr).toBe("");
  });

  it.each([
    [
      "context lst",
      'action: "lst" is not one of use, list, show, set, delete',
      "Did you mean list?",
    ],
    ["context use", "NAME is missing", "Name a context; `slipway context list` lists them."],
    ["context set a", "no setting was named", "Use --database"],
    ["context set a --unset databse", '--unset: "databse" is not one of', "Did you mean database?"],
    ["context set a --default-output jsn", '--default-output: "jsn" is not', "Did you mean json?"],
    ["context set a --tenant A", '"A" is not a valid tenant', "Use up to 63"],
    ["context set default --tenant a", '"default" is not a name for a context', "Use letters"],
    ["context set a/b --tenant a", '"a/b" is not a name for a context', "Use letters"],
  ])("refuses `%s` before it changes anything", async (line, message, remedy) => {
    using it = scene();
    const ran = await it.run(`${line} -o json`);
    expect(ran).toMatchObject({ exitCode: 2, stdout: "" });
    expect(printedError(ran).message).toContain(message);
    expect(printedError(ran).remedy).toContain(remedy);
    expect(readdirSync(it.path)).toEqual([]);
  });

  it("fails if the file cannot be written", async () => {
    using it = scene();
    writeFileSync(join(it.path, "file"), "");
    const below = { SLIPWAY_CONFIG: join(it.path, "file", "config.yaml") };
    const ran = await it.run("context set a --tenant b -o json", below);
    expect(ran.exitCode).toBe(2);
    expect(printedError(ran).message).toMatch(/^cannot write the configuration file ".*": a part/);
  });
});
