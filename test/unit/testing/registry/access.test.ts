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
  it("are read as they were written", () => {
    const repository = fc.stringMatching(/^[a-z0-9]+(:[0-9]+)?(\/[a-z0-9]+)*$/);
    const actions = fc.subarray(["pull", "push"] as const, { minLength: 1 });
    fc.assert(
      fc.property(fc.array(fc.record({ repository, actions })), (accesses) => {
        expect(parseScopes([accesses.map(formatScope).join(" ")])).toEqual(accesses);
      }),
    );
  });

  it("open nothing but repositories, and * everything there", () => {
    expect(parseScopes(["registry:catalog:*", "repository:a:*", "repository:b", ""])).toEqual([
      { repository: "a", actions: ["pull", "push"] },
    ]);
  });

  it("are read whatever stands in them", () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (scopes) => {
        expect(() => parseScopes(scopes)).not.toThrow();
      }),
    );
  });
});

describe("parseBasic", () => {
  it("reads any name without a colon and any password", () => {
    const name = fc.string({ unit: "grapheme" }).filter((text) => !text.includes(":"));
    fc.assert(
      fc.property(name, fc.string({ unit: "grapheme" }), (username, password) => {
        expect(parseBasic(basic(username, password))).toEqual({ username, password });
      }),
    );
  });

  it.each([undefined, "Basic", "Basic bm9jb2xvbg==", "Bearer YTpi", "Basic YTpi more"])(
    "finds none in %s",
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

  it("knows a user by name and password, and no name that objects have anyway", () => {
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
  ] as const)("lets %s at %s for %s: %s", (user, repository, action, expected) => {
    expect(mayAccess(of, user, { repository, actions: [action] })).toBe(expected);
  });
});
