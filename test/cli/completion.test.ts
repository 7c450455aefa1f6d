import { execFile } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { verdictWithoutPeer } from "../support/peers.ts";
import { scratchFolder } from "../support/scratch.ts";
import { slipwayProcess } from "./support/slipway-process.ts";

const run = promisify(execFile);
const MAIN = join(import.meta.dirname, "..", "..", "src", "cli", "main.ts");

/** A folder in which a shell finds `slipway` as an installed program. */
function installIn(folder: string): NodeJS.ProcessEnv {
  const program = join(folder, "slipway");
  writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${MAIN}' "$@"\n`);
  chmodSync(program, 0o755);
  return { PATH: `${folder}${delimiter}${process.env.PATH ?? ""}`, HOME: folder };
}

async function scriptIn(folder: string, shell: string): Promise<string> {
  const { stdout } = await slipwayProcess(["completion", shell]);
  const file = join(folder, `completion.${shell}`);
  writeFileSync(file, stdout);
  return file;
}

/** Whether a shell is not installed, which is a failure in CI. */
async function isSkipped(shell: string): Promise<boolean> {
  if (verdictWithoutPeer(process.env) === "fail") return false;
  return await run("sh", ["-c", `command -v ${shell}`]).then(
    () => false,
    () => true,
  );
}

describe("the completion script of bash", () => {
  it.each<readonly [string, readonly string[], readonly string[]]>([
    ["commands", ["spa"], ["spawn"]],
    ["kinds", ["get", "disk"], ["disk-type"]],
    ["output formats", ["get", "image", "-o", ""], ["yaml", "json", "table", "wide", "name"]],
    ["flags", ["resolve", "w", "--off"], ["--offline"]],
    ["files", ["spawn", "--plan", "a p"], ["a plan.json"]],
  ])("proposes %s", async (_what, words, expected) => {
    using folder = scratchFolder();
    const env = installIn(folder.path);
    const script = await scriptIn(folder.path, "bash");
    writeFileSync(join(folder.path, "a plan.json"), "");
    // On a tab, bash calls the function with the program, the word, and the word before it.
    const ask = `source "$1"; shift; COMP_WORDS=(slipway "$@"); COMP_CWORD=$#
      _slipway slipway "\${!#}" ""; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const answer = await run("bash", ["-c", ask, "bash", script, ...words], {
      env,
      cwd: folder.path,
    });
    expect(answer.stdout.trimEnd().split("\n")).toEqual(expected);
    expect(answer.stderr).toBe("");
  });
});

describe.each([
  ["bash", ["-n"]],
  ["zsh", ["-n"]],
  ["fish", ["--no-execute"]],
] as const)("the completion script of %s", async (shell, check) => {
  it.skipIf(await isSkipped(shell))("is read without complaint", async () => {
    using folder = scratchFolder();
    const script = await scriptIn(folder.path, shell);
    expect(await run(shell, [...check, script])).toEqual({ stdout: "", stderr: "" });
  });
});

describe("the completion script of fish", async () => {
  it.skipIf(await isSkipped("fish"))("proposes with descriptions", async () => {
    using folder = scratchFolder();
    const env = installIn(folder.path);
    const script = await scriptIn(folder.path, "fish");
    const ask = ["--no-config", "-c", `source ${script}; complete -C "slipway spa"`];
    const { stdout } = await run("fish", ask, { env });
    expect(stdout).toBe("spawn\tLaunch one machine and wait until it runs\n");
  });
});
