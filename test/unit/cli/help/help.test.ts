import { describe, expect, it } from "vitest";
import { answerAtOnce } from "../../../../src/cli/answer-at-once.ts";
import { ROUTES } from "../../../../src/cli/app.ts";
import { COMMAND_GROUPS } from "../../../../src/cli/help/command-list.ts";
import { EXAMPLES } from "../../../../src/cli/help/examples.ts";
import { fakeSlipway } from "../support/fake-slipway.ts";
import { runInMemory } from "../support/command-line.ts";

describe("help", () => {
  it("is the same with and without the scanner", async () => {
    for (const argv of [["--help"], ["-h"], []]) {
      const ran = await runInMemory(argv);
      expect(ran).toMatchObject({ exitCode: 0, stderr: "", stdout: answerAtOnce(argv, null) });
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
    expect(ran.stdout).toMatch(/^EXAMPLE\n {2}slipway /mu);
    expect(ran.stdout).toMatch(/^Global flags: -o, --query, --context, --tenant, /mu);
    expect(await runInMemory(["help", name])).toEqual(ran);
  });

  it.each(Object.entries(EXAMPLES))(
    "has an example of %s that is a valid command line",
    async (name, example) => {
      const [words = ""] = example.split(" > ");
      expect(words.split(" ")[0]).toBe(name);
      const interrupted = name === "fake" ? { interrupt: AbortSignal.abort() } : {};
      const ran = await runInMemory(
        [...words.split(" "), ...(words.includes(" -o ") ? [] : ["-o", "json"])],
        {
          slipway: fakeSlipway({}),
          ...interrupted,
        },
      );
      expect(ran.stderr).not.toContain("USAGE");
    },
  );

  it.each([80, 120])("fits a terminal of %i columns", async (columns) => {
    const terminal = { stdoutIsTerminal: true, columns };
    const words = (text: string): readonly string[] => text.split(/\s+/u);
    const root = await runInMemory(["--help"], terminal);
    expect(answerAtOnce(["-h"], columns)).toBe(root.stdout);
    for (const name of Object.keys(ROUTES)) {
      const { stdout } = await runInMemory([name, "-h"], terminal);
      expect((await runInMemory(["help", name], terminal)).stdout).toBe(stdout);
      expect(words(stdout)).toEqual(words((await runInMemory([name, "-h"])).stdout));
      // A command to copy stays on one line.
      const [text = ""] = stdout.split("EXAMPLE\n");
      const tooWide = [...text.split("\n"), ...root.stdout.split("\n")];
      expect(tooWide.filter((line) => line.length >= columns)).toEqual([]);
    }
  });

  it("lists the kinds where a kind is an argument", async () => {
    const listed = /^KINDS\n {2}image +images, img$/mu;
    for (const name of ["get", "set", "delete", "history", "patch"])
      expect((await runInMemory([name, "--help"])).stdout).toMatch(listed);
    expect((await runInMemory(["list", "--help"])).stdout).not.toMatch(listed);
  });

  it("is all commands for help alone, and refuses an unknown command", async () => {
    expect((await runInMemory(["help"])).stdout).toBe(answerAtOnce([], null));
    const unknown = await runInMemory(["help", "spwan"]);
    expect(unknown).toMatchObject({ exitCode: 2, stdout: "" });
    expect(unknown.stderr).toContain("spawn");
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

  it("shows the letter of each flag that has one", async () => {
    for (const [name, { aliases }] of Object.entries(ROUTES)) {
      const { stdout } = await runInMemory([name, "--help"]);
      const shown = [...stdout.matchAll(/^ {2}-(\w), --/gmu)].map(([, letter]) => letter);
      expect({ name, letters: new Set(shown) }).toEqual({
        name,
        letters: new Set(Object.keys(aliases)),
      });
    }
    expect((await runInMemory(["logs", "--help"])).stdout).toMatch(/^ {2}-f, --follow {2}/mu);
  });

  it("names the providers' own commands for virtual machines", async () => {
    for (const name of ["exec", "shell"]) {
      const { stdout } = await runInMemory([name, "--help"]);
      expect(stdout).toContain("aws ssm start-session");
      expect(stdout).toContain("gcloud compute ssh");
    }
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
    expect(answerAtOnce(["--version"], null)).toBe(ran.stdout);
    const own = await runInMemory(["version", "-o", "json"]);
    expect(JSON.parse(own.stdout)).toEqual({
      version: ran.stdout.trim(),
      node: process.version,
    });
    expect((await runInMemory(["version"])).stdout).toBe(
      `slipway ${ran.stdout.trim()} (Node ${process.version})\n`,
    );
  });
});
