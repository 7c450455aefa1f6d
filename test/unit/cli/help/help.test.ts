import { describe, expect, it } from "vitest";
import { answerAtOnce } from "../../../../src/cli/answer-at-once.ts";
import { ROUTES } from "../../../../src/cli/app.ts";
import { COMMAND_GROUPS } from "../../../../src/cli/help/command-list.ts";
import { runInMemory } from "../support/command-line.ts";

describe("help", () => {
  it("is the same with and without the scanner", async () => {
    for (const argv of [["--help"], ["-h"], []]) {
      const ran = await runInMemory(argv);
      expect(ran).toMatchObject({ exitCode: 0, stderr: "", stdout: answerAtOnce(argv) });
    }
  });

  it("names every command and no other", () => {
    const named = COMMAND_GROUPS.flatMap(({ briefs }) => Object.keys(briefs));
    expect(named).toEqual(Object.keys(ROUTES));
  });

  it.each(Object.keys(ROUTES))("documents %s", async (name) => {
    const ran = await runInMemory([name, "--help"]);
    expect(ran).toMatchObject({ exitCode: 0, stderr: "" });
    expect(ran.stdout).toContain(`USAGE\n  slipway ${name}`);
    expect(ran.stdout).toContain("--output yaml|json|table");
  });

  it("names the default database", async () => {
    const { stdout } = await runInMemory(["--help"]);
    expect(stdout).toContain("~/.local/share/slipway/slipway.db");
  });

  it("shows a flag's placeholder and default", async () => {
    const { stdout } = await runInMemory(["sweep", "-h"]);
    expect(stdout).toMatch(/ --grace DURATION .*\(default: 15m\)/);
    expect(stdout).toMatch(/ --dry-run {2}/);
  });

  it("is not printed for --help after --", async () => {
    const ran = await runInMemory(["get", "image", "--", "--help", "x"]);
    expect(ran).toMatchObject({ exitCode: 2, stdout: "" });
  });
});

describe("--version", () => {
  it("prints the package's version", async () => {
    const ran = await runInMemory(["--version"]);
    expect(ran).toMatchObject({ exitCode: 0, stderr: "" });
    expect(ran.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(answerAtOnce(["--version"])).toBe(ran.stdout);
  });
});
