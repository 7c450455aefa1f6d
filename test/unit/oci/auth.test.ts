import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseChallenges, pullScope } from "../../../src/oci/auth.ts";
import { processorTime } from "../../support/processor-time.ts";

function plain(header: string) {
  return parseChallenges(header).map(({ scheme, token, parameters }) => [
    scheme,
    token ?? Object.fromEntries(parameters),
  ]);
}

describe("parseChallenges", () => {
  it.each<[string, readonly unknown[]]>([
    ["", []],
    [" , ,", []],
    ["Basic", [["basic", {}]]],
    ['Basic realm="x"', [["basic", { realm: "x" }]]],
    ['BASIC REALM="x"', [["basic", { realm: "x" }]]],
    ["Basic realm=x", [["basic", { realm: "x" }]]],
    [
      'Bearer realm="https://a.example/token",service="s",scope="repository:a/b:pull,push"',
      [
        [
          "bearer",
          { realm: "https://a.example/token", service: "s", scope: "repository:a/b:pull,push" },
        ],
      ],
    ],
    [
      "Bearer realm=https://a.example/token?x=1 , service=s",
      [["bearer", { realm: "https://a.example/token?x=1", service: "s" }]],
    ],
    ['Bearer realm = "x" , service = "y"', [["bearer", { realm: "x", service: "y" }]]],
    ['Bearer realm="x",,service="y"', [["bearer", { realm: "x", service: "y" }]]],
    [
      'Basic realm="a, \\"b\\" \\\\", Bearer realm="c"',
      [
        ["basic", { realm: 'a, "b" \\' }],
        ["bearer", { realm: "c" }],
      ],
    ],
    [
      "Negotiate, NTLM, Basic realm=x",
      [
        ["negotiate", {}],
        ["ntlm", {}],
        ["basic", { realm: "x" }],
      ],
    ],
    [
      'Negotiate YWJj==, Basic realm="x"',
      [
        ["negotiate", "YWJj=="],
        ["basic", { realm: "x" }],
      ],
    ],
    ['Bearer realm="first",realm="second"', [["bearer", { realm: "first" }]]],
    ['Bearer __proto__="x"', [["bearer", Object.fromEntries([["__proto__", "x"]])]]],
    ['Basic realm="x", Bearer realm="y', [["basic", { realm: "x" }]]],
    ['"', []],
    ['Bearer realm="x",scope="y', [["bearer", { realm: "x" }]]],
    ['Bearer realm="x";service="y"', [["bearer", { realm: "x" }]]],
  ])("reads %j", (header, challenges) => {
    expect(plain(header)).toEqual(challenges);
  });

  it("reads back any quoted value", () => {
    const value = fc.string({ unit: "grapheme-ascii", maxLength: 30 });
    fc.assert(
      fc.property(fc.array(fc.tuple(value, value), { maxLength: 4 }), (pairs) => {
        const header = pairs
          .map(([realm, scope]) => `Bearer realm=${quoted(realm)},scope=${quoted(scope)}`)
          .join(", ");
        expect(plain(header)).toEqual(pairs.map(([realm, scope]) => ["bearer", { realm, scope }]));
      }),
    );
  });

  it("parses any header quickly, however long", () => {
    fc.assert(
      fc.property(fc.string(), (header) => {
        expect(Array.isArray(parseChallenges(header))).toBe(true);
      }),
    );
    for (const piece of ["a ", "a=", 'a="', '\\"', ",", "a=b,", "Basic a==,"]) {
      const header = piece.repeat(8 * 1024);
      expect(processorTime(() => void parseChallenges(header))).toBeLessThan(1000);
    }
  });
});

function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}

describe("pullScope", () => {
  it("requests read access to one repository", () => {
    expect(pullScope("team/app")).toBe("repository:team/app:pull");
  });
});
