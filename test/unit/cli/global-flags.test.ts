import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { separateGlobalFlags } from "../../../src/cli/global-flags.ts";

const ABSENT = {
  output: null,
  query: null,
  context: null,
  tenant: null,
  database: null,
  keyFile: null,
  quiet: false,
  verbose: false,
};

describe("separateGlobalFlags", () => {
  it.each<readonly [string, readonly string[], object, readonly string[]]>([
    ["before the command", ["-o", "json", "get", "image"], { output: "json" }, ["get", "image"]],
    ["after the command", ["get", "image", "-o", "json"], { output: "json" }, ["get", "image"]],
    ["in the middle", ["get", "--tenant", "acme", "image"], { tenant: "acme" }, ["get", "image"]],
    ["with an equals sign", ["get", "--output=table"], { output: "table" }, ["get"]],
    ["with the value attached", ["get", "-ojson"], { output: "json" }, ["get"]],
    ["with -o=", ["get", "-o=yaml"], { output: "yaml" }, ["get"]],
    ["without a value", ["--quiet", "list"], { quiet: true }, ["list"]],
    ["twice: the last wins", ["-o", "json", "get", "-o", "yaml"], { output: "yaml" }, ["get"]],
    [
      "all of them",
      ["--database", "d.db", "--key-file", "k", "--tenant=t", "--verbose", "x"],
      { database: "d.db", keyFile: "k", tenant: "t", verbose: true },
      ["x"],
    ],
    [
      "never after --",
      ["get", "--", "-o", "json", "--quiet"],
      {},
      ["get", "--", "-o", "json", "--quiet"],
    ],
    ["not a command's flags", ["spawn", "w", "--id", "x"], {}, ["spawn", "w", "--id", "x"]],
    ["with a dash as the value", ["--key-file", "-", "x"], { keyFile: "-" }, ["x"]],
  ])("separates global flags: %s", (_where, argv, flags, rest) => {
    expect(separateGlobalFlags(argv)).toEqual({
      flags: { ...ABSENT, ...flags },
      rest,
      error: null,
    });
  });

  it.each<readonly [string, readonly string[], string]>([
    ["a missing value at the end", ["get", "--tenant"], "--tenant needs a value"],
    ["an empty value", ["get", "--tenant="], "--tenant needs a value"],
    ["a flag in place of a value", ["get", "--tenant", "--quiet"], "--tenant needs a value"],
    ["-- in place of a value", ["get", "--tenant", "--", "x"], "--tenant needs a value"],
    [
      "an unknown format",
      ["-o", "xml"],
      '--output: "xml" is not one of yaml, json, table, wide, name',
    ],
    ["a value for a boolean flag", ["--quiet=yes"], "--quiet takes no value"],
    [
      "contradictory flags",
      ["--quiet", "--verbose"],
      "--quiet and --verbose are mutually exclusive",
    ],
    ["a malformed flag", ["get", "--=x"], 'unknown flag "--=x"'],
    ["a number", ["logs", "--tail", "-5"], 'unknown flag "-5"'],
    ["three dashes", ["---"], 'unknown flag "---"'],
    ["a command's flag with an empty value", ["resolve", "--save="], "--save needs a value"],
  ])("rejects %s", (_what, argv, message) => {
    const { error } = separateGlobalFlags(argv);
    expect(error).toMatchObject({ code: "INVALID_ARGUMENT", reason: "USAGE", message });
    expect(error?.remedy).toBeTruthy();
  });

  it("still parses the output format when something else is wrong", () => {
    const { flags, error } = separateGlobalFlags(["get", "--tenant", "-o", "json"]);
    expect(error?.message).toBe("--tenant needs a value");
    expect(flags.output).toBe("json");
  });

  it("splits a value with newlines into an argument of its own, which the scanner accepts", () => {
    const { rest } = separateGlobalFlags(["patch", "--set=user_data=#cloud-config\nruncmd: []"]);
    expect(rest).toEqual(["patch", "--set", "user_data=#cloud-config\nruncmd: []"]);
  });

  it("leaves everything after -- unchanged, and is idempotent", () => {
    const word = fc.oneof(
      fc.constantFrom("-o", "json", "--output", "--quiet", "--tenant=a", "get", "-x", "--"),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(word), fc.array(word), (before, after) => {
        const { rest } = separateGlobalFlags([...before, "--", ...after]);
        const own = [...before, "--", ...after].slice(before.indexOf("--"));
        const kept = before.includes("--") ? own : ["--", ...after];
        expect(rest.slice(-kept.length)).toEqual(kept);
        const again = separateGlobalFlags(rest);
        expect(again.rest).toEqual(rest);
      }),
    );
  });
});
