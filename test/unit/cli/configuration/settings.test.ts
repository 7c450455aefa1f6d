import { describe, expect, it } from "vitest";
import type { ChosenContext } from "../../../../src/cli/configuration/named-context.ts";
import {
  keyVariableOf,
  overridingVariables,
  settingsOf,
} from "../../../../src/cli/configuration/settings.ts";
import type { Environment } from "../../../../src/cli/context.ts";
import type { GlobalFlags } from "../../../../src/cli/global-flags.ts";
import { caughtError } from "../../../support/caught.ts";

const flags: GlobalFlags = {
  output: null,
  query: null,
  context: null,
  tenant: null,
  database: null,
  keyFile: null,
  quiet: false,
  verbose: false,
};

const chosen: ChosenContext = {
  name: "staging",
  settings: { database: "/c/c.db", keyFile: "/c/key", tenant: "saved" },
  source: "configuration",
};

const VARIABLES = {
  SLIPWAY_DATABASE: "/e/e.db",
  SLIPWAY_KEY_FILE: "/e/key",
  SLIPWAY_TENANT: "env",
};

function valuesOf(given: Partial<GlobalFlags>, environment: Environment, of = chosen) {
  const { database, keyFile, tenant } = settingsOf({ ...flags, ...given }, environment, of);
  return { database: database.value, keyFile: keyFile.value, tenant: tenant.value };
}

function defaultsIn(environment: Environment, given: Partial<GlobalFlags> = {}) {
  const { database, keyFile, tenant } = settingsOf({ ...flags, ...given }, environment, null);
  return { database: database.value, keyFile: keyFile.value, tenant: tenant.value };
}

describe("the settings", () => {
  it("keep data where the XDG base directory specification says", () => {
    expect(defaultsIn({ HOME: "/home/ann" })).toEqual({
      database: "/home/ann/.local/share/slipway/slipway.db",
      keyFile: "/home/ann/.local/share/slipway/slipway.key",
      tenant: "default",
    });
    expect(defaultsIn({ HOME: "/home/ann", XDG_DATA_HOME: "/data" })).toMatchObject({
      database: "/data/slipway/slipway.db",
      keyFile: "/data/slipway/slipway.key",
    });
  });

  it.each(["", "relative/path"])("ignore XDG_DATA_HOME=%j, which is invalid", (folder) => {
    expect(defaultsIn({ HOME: "/home/ann", XDG_DATA_HOME: folder }).database).toBe(
      "/home/ann/.local/share/slipway/slipway.db",
    );
  });

  it.each(["", "home/ann"])("need a home folder if the database is in it: %j", (HOME) => {
    const where = { code: "INVALID_ARGUMENT", reason: "USAGE" };
    expect(() => defaultsIn({ HOME })).toThrow(expect.objectContaining(where));
    expect(() => defaultsIn({ HOME })).toThrow("HOME is");
    expect(defaultsIn({ HOME }, { database: "own.db" }).database).toBe("own.db");
    expect(defaultsIn({ HOME, XDG_DATA_HOME: "/data" }).database).toMatch(/^\/data\//);
  });

  it("come from flags, then the environment, then the context, then the defaults", () => {
    const given = { database: "f.db", keyFile: "f.key", tenant: "flag" };
    expect(valuesOf(given, VARIABLES)).toEqual(given);
    expect(valuesOf({}, VARIABLES)).toEqual({
      database: "/e/e.db",
      keyFile: "/e/key",
      tenant: "env",
    });
    expect(valuesOf({}, {})).toEqual(chosen.settings);
    expect(
      settingsOf({ ...flags, tenant: "flag" }, { SLIPWAY_DATABASE: "/e/e.db" }, chosen),
    ).toEqual({
      database: { value: "/e/e.db", source: "variable", from: "SLIPWAY_DATABASE" },
      keyFile: { value: "/c/key", source: "context", from: "staging" },
      tenant: { value: "flag", source: "flag", from: "--tenant" },
    });
  });

  it("put the key file next to the database, wherever that is from", () => {
    expect(defaultsIn({}, { database: "/x/y.db" }).keyFile).toBe("/x/slipway.key");
    const withDatabase = { ...chosen, settings: { database: "/c/c.db" } };
    expect(settingsOf(flags, {}, withDatabase)).toMatchObject({
      keyFile: { value: "/c/slipway.key", source: "default", from: null },
      tenant: { value: "default", source: "default", from: null },
    });
  });

  it("treat an empty variable as unset", () => {
    expect(defaultsIn({ HOME: "/home/ann", SLIPWAY_TENANT: "" }).tenant).toBe("default");
  });

  it("of a context are overridden by the variables that are set", () => {
    const environment = { SLIPWAY_TENANT: "env", SLIPWAY_DATABASE: "" };
    expect(overridingVariables(chosen.settings, environment)).toEqual(["SLIPWAY_TENANT"]);
    expect(overridingVariables({ database: "/c/c.db" }, environment)).toEqual([]);
  });
});

describe("the key's variable", () => {
  const variableIn = (environment: Environment, given: Partial<GlobalFlags> = {}) =>
    keyVariableOf(settingsOf({ ...flags, ...given }, environment, chosen), environment);

  it("takes the place of a context's key file, but not of a flag's", () => {
    const key = { kind: "key", variable: "SLIPWAY_KEY", value: "k" };
    expect(variableIn({ SLIPWAY_KEY: "k" })).toEqual(key);
    expect(variableIn({ SLIPWAY_KEY: "k" }, { keyFile: "/f" })).toBeNull();
    expect(variableIn({ SLIPWAY_KEY_COMMAND: "print" })).toEqual({
      kind: "keyCommand",
      variable: "SLIPWAY_KEY_COMMAND",
      value: "print",
    });
    expect(variableIn({ SLIPWAY_KEY: "", SLIPWAY_KEY_FILE: "/e/key" })).toBeNull();
  });

  it.each([
    [{ SLIPWAY_KEY: "k", SLIPWAY_KEY_FILE: "/e/key" }, "SLIPWAY_KEY_FILE and SLIPWAY_KEY"],
    [{ SLIPWAY_KEY: "k", SLIPWAY_KEY_COMMAND: "c" }, "SLIPWAY_KEY and SLIPWAY_KEY_COMMAND"],
  ])("is refused next to another: %j", async (environment, names) => {
    const error = await caughtError(() => variableIn(environment));
    expect(error).toMatchObject({ code: "INVALID_ARGUMENT", reason: "USAGE" });
    expect(error.message).toBe(`${names} are set together`);
  });
});
