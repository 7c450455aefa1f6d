import { describe, expect, it } from "vitest";
import { runInMemory } from "./support/command-line.ts";

describe("a command line that says nothing sensible", () => {
  it.each<readonly [string, readonly string[], string]>([
    ["an unknown command", ["gett", "image"], 'unknown command "gett"'],
    ["a name that every object knows", ["constructor"], 'unknown command "constructor"'],
    ["another such name", ["__proto__"], 'unknown command "__proto__"'],
    ["an unknown flag", ["list", "--wrkspace", "x"], 'unknown flag "--wrkspace"'],
    [
      "a flag that every object knows",
      ["list", "--constructor", "x"],
      'unknown flag "--constructor"',
    ],
    [
      "the same on a command without flags",
      ["get", "--has-own-property", "x"],
      'unknown flag "--has-own-property"',
    ],
    ["an unknown letter", ["list", "-x"], 'unknown flag "-x"'],
    ["no kind", ["get"], "KIND is missing"],
    ["neither kind nor name", ["set"], "KIND is missing; NAME is missing"],
    ["no name", ["history", "image"], "NAME is missing"],
    ["one word too many", ["get", "image", "a", "b"], "too many arguments: at most 2 expected"],
    ["no value for a flag", ["spawn", "w", "--id"], "--id needs a value"],
    ["a flag for a value", ["spawn", "w", "--id", "--no-wait"], "--id needs a value"],
    ["a flag twice", ["spawn", "w", "--id", "a", "--id", "b"], "--id is given more than once"],
    [
      "a value for a switch",
      ["resolve", "w", "--offline=perhaps"],
      '--offline: "perhaps" is neither true nor false',
    ],
    ["no duration", ["spawn", "w", "--timeout", "soon"], '--timeout: "soon" is no duration'],
    [
      "no number",
      ["logs", "a", "--tail", "many"],
      '--tail: "many" is no whole number of 0 or more',
    ],
    [
      "no generation",
      ["delete", "image", "a", "--if-generation", "1.5"],
      '--if-generation: "1.5" is no whole number of 0 or more',
    ],
    ["no state", ["list", "--state", "asleep"], '--state: "asleep" is no state of a spawn'],
    ["no shell", ["completion", "tcsh"], 'there is no completion for "tcsh"'],
    ["nothing to set", ["patch", "image", "a"], "--set needs a value"],
    ["nothing to spawn", ["spawn"], "WORKSPACE is missing"],
    ["both to spawn", ["spawn", "w", "--plan", "p"], "WORKSPACE and --plan exclude each other"],
    ["no plan to be stale", ["spawn", "w", "--allow-stale"], "--allow-stale needs --plan"],
    ["nothing to terminate", ["terminate"], "SPAWN_ID is missing"],
    [
      "both to terminate",
      ["terminate", "a", "--workspace", "w"],
      "SPAWN_ID and --workspace exclude each other",
    ],
    [
      "a resource that is no secret",
      ["set", "image", "a", "--resource"],
      "--resource is for secrets",
    ],
    ["a version of a command", ["get", "--version"], 'unknown flag "--version"'],
    [
      "a bad global flag",
      ["--output", "xml", "list"],
      '--output: "xml" is none of yaml, json, table',
    ],
  ])("is told: %s", async (_what, argv, message) => {
    const ran = await runInMemory(argv);
    expect(ran).toMatchObject({ exitCode: 2, stdout: "", opened: [] });
    expect(ran.stderr.split("\n")[0]).toBe(`slipway: INVALID_ARGUMENT: ${message}`);
    expect(ran.stderr.split("\n")).toHaveLength(3);
  });

  it.each([["gett"], ["list", "--nonsense"], ["get"], ["spawn", "w", "--timeout", "x"]])(
    "is told as one JSON object: %s",
    async (...argv) => {
      const ran = await runInMemory([...argv, "-o", "json"]);
      expect(ran).toMatchObject({ exitCode: 2, stdout: "" });
      expect(JSON.parse(ran.stderr)).toMatchObject({
        error: { code: "INVALID_ARGUMENT", reason: "USAGE", retry: "never" },
      });
    },
  );

  it.each([
    ["gte", "Did you mean get?"],
    ["watc", "Did you mean watch?"],
    ["resolv", "Did you mean resolve?"],
  ])("is helped: %s", async (word, remedy) => {
    expect((await runInMemory([word])).stderr).toContain(remedy);
  });

  it("is helped with flags", async () => {
    const { stderr } = await runInMemory(["spawn", "w", "--alow-stale"]);
    expect(stderr).toContain("Did you mean --allow-stale?");
  });

  it.each(["zebra", "foo"])("suggests nothing that has little in common: %s", async (word) => {
    expect((await runInMemory([word])).stderr).not.toContain("Did you mean");
  });

  it("never repeats a word that may be a secret", async () => {
    const ran = await runInMemory(["set", "secret", "TOKEN", "hunter2"]);
    expect(ran.exitCode).toBe(2);
    expect(ran.stderr).not.toContain("hunter2");
  });

  it("knows the kinds", async () => {
    const ran = await runInMemory(["get", "imag\u001be", "-o", "json"]);
    expect(JSON.parse(ran.stderr)).toMatchObject({
      error: {
        code: "INVALID_ARGUMENT",
        reason: "UNKNOWN_KIND",
        message: 'unknown kind "imag\\x1be"',
      },
    });
  });
});
