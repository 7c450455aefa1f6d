import { describe, expect, it } from "vitest";
import { settingsOf } from "../../../src/cli/compose.ts";
import type { GlobalFlags } from "../../../src/cli/global-flags.ts";

const flags: GlobalFlags = {
  output: null,
  query: null,
  tenant: null,
  database: null,
  keyFile: null,
  quiet: false,
  verbose: false,
};

describe("settingsOf", () => {
  it("keeps data where the XDG base directory specification says", () => {
    expect(settingsOf(flags, {}, "/home/ann")).toEqual({
      database: "/home/ann/.local/share/slipway/slipway.db",
      keyFile: "/home/ann/.local/share/slipway/slipway.key",
      tenant: "default",
    });
    expect(settingsOf(flags, { XDG_DATA_HOME: "/data" }, "/home/ann")).toMatchObject({
      database: "/data/slipway/slipway.db",
      keyFile: "/data/slipway/slipway.key",
    });
  });

  it.each(["", "relative/path"])("ignores XDG_DATA_HOME=%j, which is invalid", (folder) => {
    expect(settingsOf(flags, { XDG_DATA_HOME: folder }, "/home/ann").database).toBe(
      "/home/ann/.local/share/slipway/slipway.db",
    );
  });

  it.each(["", "home/ann"])("wants a home folder where the database is to be in it: %j", (home) => {
    const where = { code: "INVALID_ARGUMENT", reason: "USAGE" };
    expect(() => settingsOf(flags, {}, home)).toThrow(expect.objectContaining(where));
    expect(() => settingsOf(flags, {}, home)).toThrow("HOME is");
    expect(settingsOf({ ...flags, database: "own.db" }, {}, home).database).toBe("own.db");
    expect(settingsOf(flags, { XDG_DATA_HOME: "/data" }, home).database).toMatch(/^\/data\//);
  });

  it("prefers a flag over the environment, and both over the default", () => {
    const environment = {
      SLIPWAY_DATABASE: "/e/e.db",
      SLIPWAY_KEY_FILE: "/e/key",
      SLIPWAY_TENANT: "env",
    };
    expect(settingsOf(flags, environment, "/home/ann")).toEqual({
      database: "/e/e.db",
      keyFile: "/e/key",
      tenant: "env",
    });
    const given = { ...flags, database: "f.db", keyFile: "f.key", tenant: "flag" };
    expect(settingsOf(given, environment, "/home/ann")).toEqual({
      database: "f.db",
      keyFile: "f.key",
      tenant: "flag",
    });
  });

  it("puts the key file next to the database", () => {
    expect(settingsOf({ ...flags, database: "/x/y.db" }, {}, "/home/ann").keyFile).toBe(
      "/x/slipway.key",
    );
  });

  it("treats an empty variable as unset", () => {
    expect(settingsOf(flags, { SLIPWAY_TENANT: "" }, "/home/ann").tenant).toBe("default");
  });
});
