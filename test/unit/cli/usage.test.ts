import { ROUTES } from "../../../src/cli/app.ts";
import { COMMANDS_OF_OTHER_TOOLS } from "../../../src/cli/help/other-tools.ts";
import { describe, expect, it } from "vitest";
import { runInMemory } from "./support/command-line.ts";

describe("an invalid command line", () => {
  it.each<readonly [string, readonly string[], string]>([
    ["an unknown command", ["gett", "image"], 'unknown command "gett"'],
    ["the name of an object property", ["constructor"], 'unknown command "constructor"'],
    ["another such name", ["__proto__"], 'unknown command "__proto__"'],
    ["an unknown flag", ["list", "--wrkspace", "x"], 'unknown flag "--wrkspace"'],
    [
      "a flag named like an object property",
      ["list", "--constructor", "x"],
      'unknown flag "--constructor"',
    ],
    [
      "the same on a command without flags",
      ["get", "--has-own-property", "x"],
      'unknown flag "--has-own-property"',
    ],
    ["an unknown single-letter flag", ["list", "-x"], 'unknown flag "-x"'],
    ["a missing kind", ["get"], "KIND is missing"],
    ["a missing kind and name", ["delete"], "KIND is missing; NAME is missing"],
    ["a missing kind of a file", ["set"], "KIND is missing"],
    ["a missing name", ["history", "image"], "NAME is missing"],
    [
      "an argument of a command that takes none",
      ["apply", "records.yaml"],
      "unexpected argument: the command takes only flags",
    ],
    ["too many arguments", ["get", "image", "a", "b"], "too many arguments: at most 2 expected"],
    ["a flag without a value", ["spawn", "w", "--id"], "--id needs a value"],
    ["a flag in place of a value", ["spawn", "w", "--id", "--no-wait"], "--id needs a value"],
    ["a flag twice", ["spawn", "w", "--id", "a", "--id", "b"], "--id is given more than once"],
    [
      "a value for a boolean flag",
      ["resolve", "w", "--offline=perhaps"],
      '--offline: "perhaps" is neither true nor false',
    ],
    [
      "a malformed duration",
      ["spawn", "w", "--timeout", "soon"],
      '--timeout: "soon" is not a valid duration',
    ],
    [
      "a malformed number",
      ["logs", "a", "--tail", "many"],
      '--tail: "many" is not a whole number >= 0',
    ],
    [
      "a malformed generation",
      ["delete", "image", "a", "--if-generation", "1.5"],
      '--if-generation: "1.5" is not a whole number >= 0',
    ],
    ["an unknown state", ["list", "--state", "asleep"], '--state: "asleep" is not a spawn state'],
    ["an unknown shell", ["completion", "tcsh"], 'completion is not available for "tcsh"'],
    ["nothing to set", ["patch", "image", "a"], "--set needs a value"],
    ["nothing to spawn", ["spawn"], "WORKSPACE is missing"],
    [
      "two things to spawn",
      ["spawn", "w", "--plan", "p"],
      "WORKSPACE and --plan are mutually exclusive",
    ],
    ["--allow-stale without a plan", ["spawn", "w", "--allow-stale"], "--allow-stale needs --plan"],
    ["nothing to terminate", ["terminate"], "SPAWN_ID is missing"],
    [
      "two ways to choose what to terminate",
      ["terminate", "a", "--workspace", "w"],
      "SPAWN_ID and --workspace are mutually exclusive",
    ],
    [
      "--resource for a kind other than secret",
      ["set", "image", "a", "--resource"],
      "--resource applies to secrets only",
    ],
    ["--version after a command", ["get", "--version"], 'unknown flag "--version"'],
    [
      "a bad global flag",
      ["--output", "xml", "list"],
      '--output: "xml" is not one of yaml, json, table, wide, name',
    ],
  ])("is rejected: %s", async (_what, argv, message) => {
    const ran = await runInMemory(argv);
    expect(ran).toMatchObject({ exitCode: 2, stdout: "", opened: [] });
    expect(ran.stderr.split("\n")[0]).toBe(`slipway: INVALID_ARGUMENT: ${message}`);
    expect(ran.stderr.split("\n")).toHaveLength(3);
  });

  it.each([["gett"], ["list", "--nonsense"], ["get"], ["spawn", "w", "--timeout", "x"]])(
    "is reported as one JSON object: %s",
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
  ])("gets a suggestion: %s", async (word, remedy) => {
    expect((await runInMemory([word])).stderr).toContain(remedy);
  });

  it("gets a suggestion for a misspelt flag", async () => {
    const { stderr } = await runInMemory(["spawn", "w", "--alow-stale"]);
    expect(stderr).toContain("Did you mean --allow-stale?");
  });

  it.each(["zebra", "foo"])(
    "gets no suggestion that has little in common with it: %s",
    async (word) => {
      expect((await runInMemory([word])).stderr).not.toContain("Did you mean");
    },
  );

  it("is not repeated where it may contain a secret", async () => {
    const ran = await runInMemory(["set", "secret", "TOKEN", "hunter2"]);
    expect(ran.exitCode).toBe(2);
    expect(ran.stderr).not.toContain("hunter2");
  });

  it("is rejected if the kind is unknown", async () => {
    const ran = await runInMemory(["get", "imag\u001be", "-o", "json"]);
    expect(JSON.parse(ran.stderr)).toMatchObject({
      error: {
        code: "INVALID_ARGUMENT",
        reason: "UNKNOWN_KIND",
        message: 'unknown kind "imag\\u001be"',
      },
    });
  });
});

it.each([...COMMANDS_OF_OTHER_TOOLS])(
  "names the command for %s of other tools: %s",
  async (word, command) => {
    expect(Object.keys(ROUTES)).toContain(command);
    expect(Object.keys(ROUTES)).not.toContain(word);
    for (const argv of [
      [word, "one"],
      ["help", word],
    ]) {
      const { exitCode, stderr } = await runInMemory(argv);
      expect(exitCode).toBe(2);
      expect(stderr).toContain(`unknown command "${word}"\nDid you mean ${command}? Run`);
    }
  },
);
