import { describe, expect, it, vi } from "vitest";
import { runInMemory } from "./support/command-line.ts";
import { fakeSlipway, sampleSpawn } from "./support/fake-slipway.ts";

const list = vi
  .fn()
  .mockImplementation((kind: string) =>
    Promise.resolve([{ name: `${kind}-one` }, { name: `${kind}-two` }]),
  );
const slipway = fakeSlipway({
  catalog: { list },
  listSpawns: () => Promise.resolve([sampleSpawn({ spawnId: "s-1" })]),
});

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
    ["spawns", ["logs", ""], ["s-1"]],
    ["one spawn after another", ["terminate", "s-0", "s"], ["s-1"]],
    ["fields to sort by", ["list", "--sort", "s"], ["spawn", "state"]],
    ["states", ["list", "--state", "term"], ["terminating", "terminated"]],
    ["shells", ["completion", ""], ["bash", "zsh", "fish"]],
    ["output formats", ["get", "image", "-o", ""], ["yaml", "json", "table", "wide", "name"]],
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

  it("prints nothing if Slipway cannot be opened", async () => {
    const ran = await runInMemory(["__complete", "get", "image", ""]);
    expect(ran).toMatchObject({ exitCode: 0, stdout: "", stderr: "" });
  });
});
