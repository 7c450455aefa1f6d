import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { plainYaml } from "../../../../src/cli/output/plain-yaml.ts";
import { libraryYaml } from "../../../../src/cli/output/render.ts";
import type { JsonValue } from "../../../../src/errors.ts";

/** Strings that YAML reads as something else, and strings that almost look like them. */
const AWKWARD = [
  ..."- -- --- ---a ... ? : # a: :a a:b a:_ a# #a -1 +1 .5 5. 1_0 0o7 07 0x1f 0b1 1e3 1e .e3 e3 . 1:30 1:30.5".split(
    " ",
  ),
  ..."2026-11-22 2026-11-22T10:00:00Z 2026-11-22t1:2:3.4 2026-11-22T10:00 10.0.0.1 0.1.0 v1 << < = ~ ~a".split(
    " ",
  ),
  ..."null Null nULL yes Yes y n no on off true TRUE tRUE .inf -.INF .nan inf % %a @ ` ! & * | > [ ] { } ,".split(
    " ",
  ),

  "",
  " ",
  "a ",
  " a",
  "a b",
  "a: b",
  "a :b",
  "a #b",
  "- a",
  "? a",
  "-",
  "?",
  "...a",
  "2026-11-22 1:2:3 +01:00",

  `"`,
  `'`,
  `a"b`,
  `a'b`,
  `a"b'c`,
  `'a"`,
  `"a: b"`,
  "it's: so",
  "\\",
  "a\\b: c",
  "é",
  "a\nb",
  "\t",
  "\u001b",
];
const PARTS = "- + . : # 0 1 2 7 9 _ e E x o b T Z ~ ' \" % [ ] { } a y ,".split(" ").concat(" ");
const text = fc.oneof(
  fc.constantFrom(...AWKWARD),
  fc.array(fc.constantFrom(...PARTS), { maxLength: 8 }).map((parts) => parts.join("")),
  fc.string({ maxLength: 12 }),
);
const value: fc.Arbitrary<JsonValue> = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    text,
    fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean()),
    fc.constant(null),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(text, tie("value"), { maxKeys: 3 }),
  ),
})).value;

describe("plainYaml", () => {
  it.each(AWKWARD)("writes %j as the library does, or leaves it to it", async (awkward) => {
    for (const written of [awkward, [awkward], { key: awkward }, { [awkward]: [[awkward]] }]) {
      const byLibrary = await libraryYaml(written);
      expect(plainYaml(written) ?? byLibrary).toBe(byLibrary);
    }
  });

  it("writes exactly what the library writes, or nothing", async () => {
    await fc.assert(
      fc.asyncProperty(value, async (original) => {
        const byLibrary = await libraryYaml(original);
        expect(plainYaml(original) ?? byLibrary).toBe(byLibrary);
      }),
      { numRuns: 200 },
    );
  });

  it("writes a plan without the library", () => {
    const plan = {
      plan_id: "0f",
      candidates: [{ place: "us-east-1a", verdict: "eligible", reason: null }],
      checks: [{ name: "image.state", message: 'image "a" is there: 8 GiB, it says' }],
      sources: { "/artifact/id": "image a: DescribeImages in us-east-1" },
      tags: {},
      list: [],
      read_at: "2026-11-22T20:00:00.000Z",
    };
    expect(plainYaml(plan)).not.toBeNull();
  });

  it.each(["a\nb", "caf\u00e9", "\u202e", "\u001b[2J"])("leaves %j to the library", (odd) => {
    expect(plainYaml({ odd })).toBeNull();
  });
});
