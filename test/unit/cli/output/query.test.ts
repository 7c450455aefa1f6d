import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileQuery } from "../../../../src/cli/output/query.ts";
import { isSlipwayError } from "../../../../src/errors.ts";
import type { JsonValue } from "../../../../src/errors.ts";
import { caughtError } from "../../../support/caught.ts";

const spawns = [
  { spawn_id: "one", state: "running", machine: { addresses: { public: "192.0.2.1" } } },
  { spawn_id: "two", state: "failed", machine: null },
];

/** What comes of an expression: the reason of the error if it has one. */
function outcomeOf(expression: string): unknown {
  try {
    JSON.stringify(compileQuery(expression)(spawns));
    return "a selection";
  } catch (caught) {
    return isSlipwayError(caught) ? caught.reason : caught;
  }
}

describe("compileQuery", () => {
  it.each<readonly [string, JsonValue]>([
    ["[].spawn_id", ["one", "two"]],
    ["[].{id: spawn_id}", [{ id: "one" }, { id: "two" }]],
    ["[?state=='failed'].spawn_id | [0]", "two"],
    // As the documents of the commands aws and az write it.
    ["[?state==`failed`].spawn_id", ["two"]],
    [
      "[].[spawn_id, machine.addresses.public]",
      [
        ["one", "192.0.2.1"],
        ["two", null],
      ],
    ],
    ["length(@)", 2],
    ["[0].none", null],
  ])("selects with %s", (expression, selected) => {
    expect(compileQuery(expression)(spawns)).toEqual(selected);
  });

  it.each(["constructor", "toString", "__proto__", "[0].valueOf", "[].hasOwnProperty"])(
    "finds only what a value itself has: %s",
    (expression) => {
      expect(compileQuery(expression)({ a: 1 })).toBeNull();
      expect(compileQuery(expression)([{ a: 1 }])).toBeOneOf([null, []]);
    },
  );

  it("keeps a label of any name", () => {
    const labels: JsonValue = JSON.parse('{ "__proto__": "a", "b": "c" }');
    expect(JSON.stringify(compileQuery("@")(labels))).toBe('{"__proto__":"a","b":"c"}');
  });

  it.each<readonly [string, number, string]>([
    ["[].{a b}", 7, "this is not expected here"],
    ["foo ]", 5, "this is not expected here"],
    ["x | | y", 5, "this is not expected here"],
    ["'EOF' 'got: EOF'", 7, "this is not expected here"],
    ["[?state=='running'", 19, "the expression is incomplete"],
    ["a.[", 4, "the expression is incomplete"],
    ["a.b #", 5, "unknown character: #"],
    ['a."b', 3, '" begins a text that is not valid'],
    ["lenght(@)", 1, 'there is no function "lenght"'],
    ["[].a | foo(@)", 8, 'there is no function "foo"'],
  ])("points at the fault of %s", async (expression, column, what) => {
    const error = await caughtError(() => compileQuery(expression));
    expect(error).toMatchObject({ code: "INVALID_ARGUMENT", reason: "USAGE" });
    expect(error.message).toContain(`--query: column ${column}: ${what}`);
    expect(error.metadata).toEqual({
      column,
      excerpt: [`1 | ${expression}`, `  | ${" ".repeat(column - 1)}^`],
    });
  });

  it("calls what is cut off incomplete, and points at its end", async () => {
    const whole = "[?a==`1` && !b].{x: join(',', y), z: *.w} | [0:2] || let $v = a in $v";
    const parts = whole.split(/(?<=[ .,:(){}[\]])/u);
    const cut = parts.map((_part, index) => parts.slice(0, index).join("")).filter(Boolean);
    expect(cut.length).toBeGreaterThan(20);
    for (const text of cut.filter((one) => outcomeOf(one) !== "a selection")) {
      const { message, metadata } = await caughtError(() => compileQuery(text));
      expect([message, metadata["column"]]).toEqual([
        expect.stringContaining("the expression is incomplete"),
        text.length + 1,
      ]);
    }
  });

  it("says which function is meant, or which there are", async () => {
    const misspelt = await caughtError(() => compileQuery("lenght(@)"));
    expect(misspelt.remedy).toBe("Did you mean length?");
    const unknown = await caughtError(() => compileQuery("frobnicate(@)"));
    expect(unknown.remedy).toContain("join, keys, length");
  });

  it("refuses values that a function does not take", async () => {
    expect(await caughtError(() => compileQuery("abs(@)")("a"))).toMatchObject({
      reason: "USAGE",
      message: expect.stringContaining("abs()"),
    });
  });

  it("refuses long expressions, and nests deeply", async () => {
    const long = await caughtError(() => compileQuery("a".repeat(2049)));
    expect(long.message).toContain("2049 characters");
    expect(compileQuery(`${"(".repeat(1000)}a${")".repeat(1000)}`)({ a: 1 })).toBe(1);
  });

  it("answers any text with a selection or a USAGE error", () => {
    const piece = fc.constantFrom(
      ..."[ ] { } ( ) | & ? * @ . , : = ' \" ` ! a b 1 -".split(" "),
      " ",
      "length",
      "EOF",
      "é",
      "$",
    );
    const texts = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(""));
    fc.assert(
      fc.property(texts, (text) => {
        expect(outcomeOf(text)).toBeOneOf(["a selection", "USAGE"]);
      }),
    );
  });
});
