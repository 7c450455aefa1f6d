import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  authenticate,
  directory,
  formatScope,
  mayAccess,
  parseBasic,
  parseScopes,
} from "../../../../testing/registry/access.ts";
import { basic } from "./support.ts";

describe("scopes", () => {
  it("are parsed as they were formatted", () => {
    const repository = fc.stringMatching(/^[a-z0-9]+(:[0-9]+)?(\/[a-z0-9]+)*$/);
    const actions = fc.subarray(["pull", "push"] as const, { minLength: 1 });
    fc.assert(
      fc.property(fc.array(fc.record({ repository, actions })), (accesses) => {
        expect(parseScopes([accesses.map(formatScope).join(" ")])).toEqual(accesses);
      }),
    );
  });

  it("grant access to repositories only, and * to all of them", () => {
    expect(parseScopes(["registry:catalog:*", "repository:a:*", "repository:b", ""])).toEqual([
      { repository: "a", actions: ["pull", "push"] },
    ]);
    expect(parseScopes(["repository(plugin):a:pull", "repositories:a:pull"])).toEqual([
      { repository: "a", actions: ["pull"] },
    ]);
  });

  it("are parsed whatever their content", () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (scopes) => {
        expect(() => parseScopes(scopes)).not.toThrow();
      }),
    );
  });
});

describe("parseBasic", () => {
  it("parses any name without a colon and any password", () => {
    const name = fc.string({ unit: "grapheme" }).filter((text) => !text.includes(":"));
    fc.assert(
      fc.property(name, fc.string({ unit: "grapheme" }), (username, password) => {
        expect(parseBasic(basic(username, password))).toEqual({ username, password });
      }),
    );
  });

  it.each([undefined, "Basic", "Basic bm9jb2xvbg==", "Bearer YTpi", "Basic YTpi more"])(
    "returns null for %s",
    (header) => {
      expect(parseBasic(header)).toBeNull();
    },
  );
});

describe("directory", () => {
  const of = directory(
    {
      chief: "c",
      reader: { password: "r", push: [] },
      team: { password: "t", pull: ["team/*", "x"] },
    },
    ["public/*"],
  );

  it("authenticates a user by name and password, and ignores names inherited by objects", () => {
    expect(authenticate(of, { username: "reader", password: "r" })).toBe("reader");
    expect(authenticate(of, { username: "reader", password: "c" })).toBeNull();
    expect(authenticate(of, { username: "constructor", password: "" })).toBeNull();
  });

  it.each([
    ["chief", "any", "push", true],
    ["reader", "any", "pull", true],
    ["reader", "any", "push", false],
    ["team", "team/app", "pull", true],
    ["team", "x", "pull", true],
    ["team", "xy", "pull", false],
    ["team", "public/app", "pull", true],
    [null, "public/app", "pull", true],
    [null, "public/app", "push", false],
    [null, "team/app", "pull", false],
    ["stranger", "team/app", "pull", false],
  ] as const)("permits %s on %s to %s: %s", (user, repository, action, expected) => {
    expect(mayAccess(of, user, { repository, actions: [action] })).toBe(expected);
  });
});
