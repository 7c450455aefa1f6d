import { execFile } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createSlipway } from "../../src/slipway/create-slipway.ts";
import { createFakeClock } from "../../testing/fake-clock.ts";
import { createFakeAdapter } from "../../testing/substrate/fake-adapter.ts";
import { describeWithTerminal, verdictWithoutPeer } from "../support/peers.ts";
import { KEYS, openPty } from "../support/pty.ts";
import { scratchFolder } from "../support/scratch.ts";
import { bundledCommandLine } from "./support/bundle.ts";
import type { Bundle } from "./support/bundle.ts";
import { slipwayProcess } from "./support/slipway-process.ts";

const run = promisify(execFile);
const SHELLS = ["bash", "zsh", "fish"] as const;
type Shell = (typeof SHELLS)[number];

/** Without the user's own settings. */
const INTERACTIVE: Readonly<Record<"bash" | "zsh", readonly string[]>> = {
  bash: ["--noprofile", "--norc", "-i"],
  zsh: ["-f", "-i"],
};
const PROMPT = "slipway-test> ";
const PREPARATION: Readonly<Record<"bash" | "zsh", string>> = {
  bash: `PS1='slipway-''test> '; bind 'set enable-bracketed-paste off'; source completion.bash`,
  zsh: `setopt no_auto_remove_slash; autoload -U compinit; compinit -u -D; source completion.zsh; PS1='slipway-''test> '`,
};

/** What is typed before the Tab key, and the words of the command line that results. */
const COMPLETED: readonly (readonly [typed: string, words: readonly string[]])[] = [
  ["res", ["resolve"]],
  ["get imag", ["get", "image"]],
  ["get images ", ["get", "images", "hello"]],
  ["terminate ", ["terminate", "new-1"]],
  ["describe ol", ["describe", "old-1"]],
  ["list --workspace ", ["list", "--workspace", "hello-dev"]],
  ["list --state runn", ["list", "--state", "running"]],
  ["list --state=runn", ["list", "--state=running"]],
  ["spawn --plan a", ["spawn", "--plan", "a plan.json"]],
  ["spawn --plan=a", ["spawn", "--plan=a plan.json"]],
  ["apply -f rec", ["apply", "-f", "records/"]],
];

const folder = scratchFolder();
const home = folder.path;
let bundle: Bundle;
const environment = {
  PATH: `${join(home, "bin")}${delimiter}${process.env["PATH"] ?? ""}`,
  HOME: home,
  SLIPWAY_DATABASE: join(home, "slipway.db"),
};

beforeAll(async () => {
  bundle = await bundledCommandLine();
  mkdirSync(join(home, "bin"));
  mkdirSync(join(home, "records"));
  writeFileSync(join(home, "a plan.json"), "");
  // Completes as the real program does, and otherwise records its arguments, each on a line, with an empty line at the end.
  const program = join(home, "bin", "slipway");
  writeFileSync(
    program,
    `#!/bin/sh\n[ "$1" = __complete ] && exec '${process.execPath}' '${bundle.program}' "$@"\nprintf '%s\\n' "$@" '' >>'${join(home, "typed")}'\n`,
  );
  chmodSync(program, 0o755);
  for (const shell of SHELLS)
    writeFileSync(
      join(home, `completion.${shell}`),
      (await slipwayProcess(["completion", shell], { program: bundle.program })).stdout,
    );
  await launchTwo(environment.SLIPWAY_DATABASE);
});
afterAll(() => {
  bundle[Symbol.dispose]();
  folder[Symbol.dispose]();
});

/** A catalog with one workspace, a spawn that runs, and one that has ended. */
async function launchTwo(database: string): Promise<void> {
  const clock = createFakeClock();
  const reference = "ghcr.io/acme/hello:v1";
  const adapter = createFakeAdapter({
    clock,
    images: [{ reference, architecture: "amd64" }],
    places: [{ place: "local" }],
  });
  const openAdapter = () => Promise.resolve(adapter);
  const ports = { clock, openAdapter, dockerCredential: () => Promise.resolve(null) };
  await using slipway = await createSlipway({ database, ports });
  const { catalog } = slipway;
  await catalog.setDocument("image", {
    name: "hello",
    architecture: "amd64",
    docker: { image_ref: reference },
  });
  await catalog.setDocument("placement", {
    name: "local",
    substrate: "DOCKER",
    target: { docker: {} },
  });
  await catalog.setDocument("workspace", {
    name: "hello-dev",
    image_ref: "hello",
    placement: "local",
  });
  for (const spawnId of ["old-1", "new-1"]) await slipway.spawnWorkspace("hello-dev", { spawnId });
  await slipway.terminateSpawn("old-1");
}

/** Whether a shell is not installed, which is a failure in CI. */
async function isSkipped(shell: Shell): Promise<boolean> {
  if (verdictWithoutPeer(process.env) === "fail") return false;
  return await run("sh", ["-c", `command -v ${shell}`]).then(
    () => false,
    () => true,
  );
}

describe.each([
  ["bash", ["-n"]],
  ["zsh", ["-n"]],
  ["fish", ["--no-execute"]],
] as const)("the completion script of %s", async (shell, check) => {
  it.skipIf(await isSkipped(shell))("is read without complaint", async () => {
    expect(await run(shell, [...check, join(home, `completion.${shell}`)])).toEqual({
      stdout: "",
      stderr: "",
    });
  });
});

describeWithTerminal("the Tab key", (terminal) => {
  describe.each(["bash", "zsh"] as const)("in %s", async (shell) => {
    it.skipIf(await isSkipped(shell))("completes what is typed", async () => {
      const { stdout: path } = await run("sh", ["-c", `command -v ${shell}`]);
      await using pty = openPty(terminal, [path.trim(), ...INTERACTIVE[shell]], {
        columns: 200,
        environment,
        workingDirectory: home,
      });
      const typed = join(home, "typed");
      writeFileSync(typed, "");
      pty.type(`${PREPARATION[shell]}${KEYS.enter}`);
      for (const [line] of COMPLETED) {
        await pty.waitFor(PROMPT);
        pty.type(`slipway ${line}\t${KEYS.enter}`);
      }
      await pty.waitFor(PROMPT);
      const lines = readFileSync(typed, "utf8").trimEnd().split("\n\n");
      expect(lines.map((words) => words.split("\n"))).toEqual(COMPLETED.map(([, words]) => words));
    });
  });
});

describe("the completion of fish", async () => {
  it.skipIf(await isSkipped("fish"))("completes what is typed, with descriptions", async () => {
    const asked = COMPLETED.map(([line]) => `complete -C "slipway ${line}"; echo`);
    const script = ["source completion.fish", ...asked].join("\n");
    const { stdout } = await run("fish", ["--no-config", "-c", script], {
      env: environment,
      cwd: home,
    });
    const last = COMPLETED.map(([, words]) => words.at(-1) ?? "");
    const proposals = stdout.trimEnd().split("\n\n");
    expect(proposals.map((lines) => lines.split("\t")[0]?.replace("\\ ", " "))).toEqual(last);
    expect(proposals[0]).toBe(
      "resolve\tDry run: decide everything about a launch and print the plan",
    );
  });
});
