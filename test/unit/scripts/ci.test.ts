import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { scratchFolder } from "../../support/scratch.ts";

const ROOT = join(import.meta.dirname, "..", "..", "..");
const PROGRAMS = ["scripts/peers.sh", "scripts/localstack.sh", "bin/npm", "node_modules/.bin/node"];

/** What fails: a program, or one of npm's commands; and how the tests end. */
interface Ending {
  readonly failing?: string;
  readonly tests?: string;
  readonly exitCode?: number;
}

/** Runs `.ci/run` in a repository whose programs only note their calls. */
function runCi({ failing = "", tests = "5 passed, 0 failed, 1 skipped", exitCode = 0 }: Ending) {
  using folder = scratchFolder();
  const at = (name: string): string => join(folder.path, name);
  for (const place of [".ci", "scripts", "bin", "node_modules/.bin"])
    mkdirSync(at(place), { recursive: true });
  for (const file of [".ci/run", "scripts/isolated.sh"]) copyFileSync(join(ROOT, file), at(file));
  for (const program of PROGRAMS) {
    const call = `${program} $*`;
    const script = [
      "#!/bin/bash",
      `echo "${call}" >> "${at("calls")}"`,
      `[ "$*" = test ] && { echo "${tests}"; exit ${exitCode}; }`,
      `[ -z "${failing}" ] || [[ "${call}" != *"${failing}"* ]]`,
    ].join("\n");
    writeFileSync(at(program), script, { mode: 0o755 });
  }
  const ran = spawnSync("bash", [at(".ci/run")], {
    env: { PATH: `${at("bin")}:${process.env["PATH"] ?? ""}`, HOME: folder.path },
    encoding: "utf8",
  });
  return {
    status: ran.status,
    lastLine: ran.stdout.trimEnd().split("\n").at(-1),
    calls: readFileSync(at("calls"), "utf8"),
  };
}

describe(".ci/run", () => {
  it("ends with the count of the tests", () => {
    expect(runCi({})).toMatchObject({ status: 0, lastLine: "5 passed, 0 failed, 1 skipped" });
    const tests = "5 passed, 2 failed, 0 skipped";
    expect(runCi({ tests, exitCode: 1 })).toMatchObject({ status: 1, lastLine: tests });
  });

  it.each(["peers.sh install", "peers.sh start", "localstack.sh start", "npm ci"])(
    "counts a failure and runs no tests where %s fails",
    (failing) => {
      const { status, lastLine, calls } = runCi({ failing });
      expect({ status, lastLine }).toEqual({
        status: 1,
        lastLine: "0 passed, 1 failed, 0 skipped",
      });
      expect(calls).not.toContain("npm test");
    },
  );

  it.each(["npm run check", "try-package.ts", "try-demo.ts"])(
    "counts a failure and runs the tests all the same where %s fails",
    (failing) => {
      expect(runCi({ failing })).toMatchObject({
        status: 1,
        lastLine: "5 passed, 1 failed, 1 skipped",
      });
    },
  );

  it.each([
    ["end without a count", { tests: "a crash" }],
    ["count no failure and fail", { exitCode: 1 }],
    ["run no test", { tests: "0 passed, 0 failed, 9 skipped" }],
  ])("fails where the tests %s", (_what, ending) => {
    const { status, lastLine } = runCi(ending);
    expect(status).toBe(1);
    expect(lastLine).toContain(", 1 failed, ");
  });
});
