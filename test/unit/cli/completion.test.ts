import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import type { SpawnFilter } from "../../../src/slipway/slipway.ts";
import { scratchCatalog } from "../../cli/support/scratch-catalog.ts";
import { scratchFolder } from "../../support/scratch.ts";
import { runInMemory } from "./support/command-line.ts";
import { fakeSlipway, sampleSpawn } from "./support/fake-slipway.ts";

const list = vi
  .fn()
  .mockImplementation((kind: string) =>
    Promise.resolve([
      { name: `${kind}-one` },
      { name: `${kind}-two` },
      ...(kind === "disk-type" ? [{ name: "slipway-gp3" }] : []),
    ]),
  );
const spawns = [
  sampleSpawn({ spawnId: "s-1" }),
  sampleSpawn({ spawnId: "s-2", state: "terminated" }),
  sampleSpawn({ spawnId: "s-3", state: "terminating", substrate: "AWS" }),
];
const listSpawns = vi
  .fn()
  .mockImplementation(({ live }: SpawnFilter) =>
    Promise.resolve(spawns.filter(({ state }) => live !== true || state !== "terminated")),
  );
const slipway = fakeSlipway({ catalog: { list }, listSpawns });

/** The proposals for the last word. */
async function proposals(...words: readonly string[]): Promise<readonly string[]> {
  const ran = await runInMemory(["__complete", ...words], { slipway });
  expect(ran).toMatchObject({ exitCode: 0, stderr: "" });
  return ran.stdout
    .split("\n")
    .flatMap((line) => (line === "" ? [] : line.split("\t").slice(0, 1)));
}

describe("completion", () => {
  it.each<readonly [string, readonly string[], readonly string[]]>([
    ["commands", ["wa"], ["watch"]],
    ["commands after global flags", ["--tenant", "acme", "--quiet", "wa"], ["watch"]],
    ["kinds", ["get", "ma"], ["machine-type"]],
    ["names of the kind", ["get", "image", ""], ["image-one", "image-two"]],
    ["names after flags", ["patch", "--set", "a=b", "image", "image-t"], ["image-two"]],
    ["names after --", ["get", "image", "--", ""], ["image-one", "image-two"]],
    ["workspaces to resolve", ["resolve", "workspace-o"], ["workspace-one"]],
    ["workspaces for a flag", ["list", "--workspace", "workspace-t"], ["workspace-two"]],
    ["secrets for a flag", ["inspect", "--secret", ""], ["secret-one", "secret-two"]],
    ["spawns", ["describe", ""], ["s-1", "s-2", "s-3"]],
    ["live spawns to terminate", ["terminate", ""], ["s-1", "s-3"]],
    ["live spawns to read", ["logs", ""], ["s-1", "s-3"]],
    ["live spawns to watch", ["watch", ""], ["s-1", "s-3"]],
    ["containers to run commands in", ["exec", ""], ["s-1"]],
    ["nothing for the command itself", ["exec", "s-9", "--", ""], []],
    ["containers for a shell", ["shell", ""], ["s-1"]],
    ["live spawns with ports", ["ports", ""], ["s-1", "s-3"]],
    ["virtual machines for ssh", ["ssh-config", ""], ["s-3"]],
    ["workspaces for ssh", ["ssh-config", "--workspace", "workspace-t"], ["workspace-two"]],
    ["each spawn once", ["terminate", "s-1", "s"], ["s-3"]],
    ["a kind by its plural", ["get", "images"], ["images"]],
    ["names after a plural", ["get", "images", "image-t"], ["image-two"]],
    ["names after a short name", ["get", "ws", "workspace-t"], ["workspace-two"]],
    ["all kinds to list", ["get", "al"], ["all"]],
    ["one kind to write", ["set", "al"], []],
    ["every name to read", ["get", "disk-type", "slipway-"], ["slipway-gp3"]],
    ["no built-in name to write", ["patch", "disk-type", "slipway-"], []],
    ["no built-in name to replace", ["set", "disk-type", "slipway-"], []],
    ["no built-in name to delete", ["delete", "disk-type", "slipway-"], []],
    ["a value after an equals sign", ["list", "--state=runn"], ["--state=running"]],
    ["values after an equals sign", ["get", "image", "--output=j"], ["--output=json"]],
    ["files after an equals sign", ["spawn", "--plan=pl"], [":files"]],
    ["values that bash split", ["list", "--state", "=", "runn"], ["running"]],
    ["every value that bash split", ["completion", "--output", "=", "j"], ["json"]],
    [
      "names after words that bash split",
      ["patch", "--set", "a", "=", "b", "image", "image-t"],
      ["image-two"],
    ],
    [
      "flags after a reference that bash split",
      ["inspect", "ghcr.io/a", ":", "v1", "--verify"],
      ["--verify-layers"],
    ],
    ["nothing after an equals sign behind --", ["get", "image", "--", "--output=j"], []],
    ["files for a short flag", ["apply", "-f", "re"], [":files"]],
    ["files or folders", ["diff", "--file", "re"], [":files"]],
    ["no files for another flag", ["spawn", "--id", "re"], []],
    ["fields to sort by", ["list", "--sort", "s"], ["spawn", "state"]],
    ["states", ["list", "--state", "term"], ["terminating", "terminated"]],
    ["shells", ["completion", ""], ["bash", "zsh", "fish"]],
    ["output formats", ["get", "image", "-o", ""], ["yaml", "json", "table", "wide", "name"]],
    ["actions on contexts", ["context", "s"], ["show", "set"]],
    ["settings of a context", ["context", "set", "a", "--unset", "k"], ["key-file"]],
    ["output formats before the command", ["--output", "j"], ["json"]],
    ["a command's flags", ["spawn", "--al"], ["--allow-stale"]],
    ["global flags", ["get", "image", "--ten"], ["--tenant"]],
    ["files", ["spawn", "--plan", "pl"], [":files"]],
    ["clouds with a fake", ["fake", ""], ["ec2", "gce"]],
    ["files for a fake", ["fake", "ec2", "--state", ""], [":files"]],
    ["files for a global flag", ["--database", ""], [":files"]],
    ["nothing for a tenant", ["--tenant", ""], []],
    ["nothing after the last word", ["get", "image", "image-one", ""], []],
    ["nothing after an unknown command", ["nonsense", ""], []],
    ["nothing after an unknown kind", ["get", "nonsense", ""], []],
  ])("proposes %s", async (_what, words, expected) => {
    expect(await proposals(...words)).toEqual(expected);
  });

  it("proposes every command and no flag for an empty word", async () => {
    const found = await proposals("");
    expect(found).toContain("spawn");
    expect(found.filter((word) => word.startsWith("-"))).toEqual([]);
  });

  it("opens no database for a flag", async () => {
    list.mockClear();
    expect(await proposals("get", "image", "--out")).toEqual(["--output"]);
    expect(list).not.toHaveBeenCalled();
  });

  it("names the part of the word before a file's name, for the shell", async () => {
    const { stdout } = await runInMemory(["__complete", "spawn", "--plan=pl"], { slipway });
    expect(stdout).toBe(":files\t--plan=\n");
    const split = await runInMemory(["__complete", "spawn", "--plan", "=", "pl"], { slipway });
    expect(split.stdout).toBe(":files\t\n");
  });

  it("asks for no more spawns than it can propose", async () => {
    await proposals("describe", "");
    expect(listSpawns).toHaveBeenLastCalledWith({ limit: 500 });
  });

  it("creates no database", async () => {
    using catalog = scratchCatalog();
    expect(await catalog.run(["__complete", "get", "image", ""])).toEqual({
      exitCode: 0,
      stdout: "",
      stderr: "",
    });
    expect(readdirSync(catalog.path)).toEqual([]);
  });

  it("prints nothing if Slipway cannot be opened", async () => {
    const ran = await runInMemory(["__complete", "get", "image", ""]);
    expect(ran).toMatchObject({ exitCode: 0, stdout: "", stderr: "" });
  });

  it("proposes contexts, and nothing that needs a damaged configuration file", async () => {
    using folder = scratchFolder();
    const { path: HOME } = folder;
    const config = join(HOME, "config.yaml");
    const environment = { HOME, SLIPWAY_CONFIG: config };
    const complete = async (...words: readonly string[]) =>
      (await runInMemory(["__complete", ...words], { slipway, environment })).stdout;
    writeFileSync(config, "contexts:\n  staging: {}\n  prod: {}\n");
    expect(await complete("list", "--context", "")).toBe("default\t\nstaging\t\nprod\t\n");
    expect(await complete("context", "use", "p")).toBe("prod\t\n");
    expect(await complete("get", "image", "image-t")).toBe("image-two\t\n");
    writeFileSync(config, "contexts: [");
    expect(await complete("list", "--context", "")).toBe("");
    expect(await complete("get", "image", "image-t")).toBe("");
    expect(await complete("wa")).toMatch(/^watch\t/);
  });
});
