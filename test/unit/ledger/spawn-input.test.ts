import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  checkInputFor,
  inputChanges,
  MOST_ENV_BYTES,
  MOST_INPUT_BYTES,
  MOST_LABELS,
  parseSpawnInput,
} from "../../../src/ledger/spawn-input.ts";
import type { JsonValue } from "../../../src/errors.ts";
import type { GivenInput } from "../../../src/ledger/spawn-input.ts";
import { canonicalJson } from "../../../src/json/canonical-json.ts";
import { NO_INPUT } from "../../../src/substrate/contract.ts";
import { caughtError } from "../../support/caught.ts";
import { samplePlan } from "../../support/sample-plan.ts";

const parse = (given: GivenInput) => parseSpawnInput("spawnWorkspace", given);

/** A list in a list, and so on. */
function nested(levels: number): unknown {
  return levels === 0 ? 1 : [nested(levels - 1)];
}

class Task {
  readonly id = 7;
}

describe("parseSpawnInput", () => {
  it("returns nothing for nothing", () => {
    expect(parse({})).toBe(NO_INPUT);
    expect(parse({ env: {}, labels: {}, input: null })).toBe(NO_INPUT);
  });

  it("keeps what every process, provider and guest can have", () => {
    const given = {
      env: { TASK: "7", _x1: "", PATH: "/bin", TEXT: "two\nlines = 'ü' \t$HOME", __proto__x: "1" },
      labels: { task: "7", "example.com/Team_1": "A.b-c", empty: "" },
      input: { prompt: "fix \u0000 it", list: [1, -0.5, true, null, {}], nested: { "": "x" } },
    };
    expect(parse(given)).toEqual(given);
  });

  it("copies its input, and sorts all keys", () => {
    const given = { env: { B: "2", A: "1" }, labels: { b: "2", a: "1" }, input: { b: [1], a: 2 } };
    const parsed = parse(given);
    given.env.A = "changed";
    given.input.b.push(2);
    expect(JSON.stringify(parsed)).toBe(
      '{"env":{"A":"1","B":"2"},"labels":{"a":"1","b":"2"},"input":{"a":2,"b":[1]}}',
    );
  });

  it("gives equal text for equal inputs, as long as canonical JSON", () => {
    fc.assert(
      fc.property(fc.json({ stringUnit: "grapheme" }), (json) => {
        const given: JsonValue = JSON.parse(json);
        const text = JSON.stringify(parse({ input: given }).input);
        expect(JSON.stringify(parse({ input: reordered(given) }).input)).toBe(text);
        expect(text).toHaveLength(canonicalJson(given).length);
      }),
    );
    expect(parse({ input: reordered({ 9: 1, 10: 2, a: 3 }) })).toEqual(
      parse({ input: { a: 3, 10: 2, 9: 1 } }),
    );
  });

  it("keeps keys that are special in JavaScript", () => {
    const input = JSON.parse('{"__proto__":{"a":1},"constructor":2}');
    const env = JSON.parse('{"__proto__":"x"}');
    expect(canonicalJson(parse({ env, input }))).toBe(
      '{"env":{"__proto__":"x"},"input":{"__proto__":{"a":1},"constructor":2},"labels":{}}',
    );
  });

  it.each<[string, GivenInput]>([
    ["a name that begins with a digit", { env: { "1A": "x" } }],
    ["a name with a dash", { env: { "A-B": "x" } }],
    ["an empty name", { env: { "": "x" } }],
    ["a name with an equals sign", { env: { "A=B": "x" } }],
    ["a long name", { env: { ["A".repeat(257)]: "x" } }],
    ["a reserved name", { env: { SLIPWAY_INPUT: "x" } }],
    ["a value with NUL", { env: { A: "x\0y" } }],
    ["a value with half a surrogate pair", { env: { A: "\ud800" } }],
    ["a label key with a space", { labels: { "a b": "x" } }],
    ["a label key that ends with a dash", { labels: { "a-": "x" } }],
    ["a long label key", { labels: { ["a".repeat(64)]: "x" } }],
    ["a label key with an empty prefix", { labels: { "/a": "x" } }],
    ["a label key with a prefix in upper case", { labels: { "Example.com/a": "x" } }],
    ["a label key with two slashes", { labels: { "a/b/c": "x" } }],
    ["a label key with a long prefix", { labels: { [`${"a.".repeat(127)}a/b`]: "x" } }],
    ["a label key of Slipway's own", { labels: { "slipway-owner": "x" } }],
    ["a label key of Slipway's own containers", { labels: { "dev.slipway.owner": "x" } }],
    ["a label value with a space", { labels: { a: "x y" } }],
    ["a label value that begins with a dot", { labels: { a: ".x" } }],
    ["a long label value", { labels: { a: "x".repeat(64) } }],
    [
      "too many labels",
      {
        labels: Object.fromEntries(
          Array.from({ length: MOST_LABELS + 1 }, (_, n) => [`l${n}`, ""]),
        ),
      },
    ],
    ["a number that JSON cannot represent", { input: Number.POSITIVE_INFINITY }],
    ["text with half a surrogate pair", { input: ["\ud800"] }],
    ["a key with half a surrogate pair", { input: { "\ud800": 1 } }],
  ])("refuses %s", async (_name, given) => {
    const error = await caughtError(() => parse(given));
    expect(error).toMatchObject({ code: "INVALID_ARGUMENT", reason: "INVALID_INPUT" });
  });

  it.each<[string, unknown]>([
    ["a date", new Date(0)],
    ["a map", new Map()],
    ["an object of a class", new Task()],
    ["a function", () => 1],
    ["a big integer", 1n],
    ["undefined in a list", [undefined]],
    ["a hole in a list", Object.assign([1], { length: 3 })],
    ["deep nesting", nested(33)],
  ])("refuses %s as input", async (_name, input) => {
    const error = await caughtError(() => parse(JSON.parse("{}", () => ({ input }))));
    expect(error.reason).toBe("INVALID_INPUT");
  });

  it("accepts input of 32 levels, and leaves out undefined fields", () => {
    const given: GivenInput = JSON.parse("{}", () => ({ input: nested(32) }));
    expect(parse(given).input).toEqual(nested(32));
    const sparse: GivenInput = JSON.parse("{}", () => ({ input: { a: undefined, b: 1 } }));
    expect(Object.keys(Object(parse(sparse).input))).toEqual(["b"]);
  });

  it("limits the bytes of the env and of the canonical input", async () => {
    const env = (length: number) => ({ env: { A: "x".repeat(length) } });
    expect(parse(env(MOST_ENV_BYTES - 3)).env["A"]).toHaveLength(MOST_ENV_BYTES - 3);
    expect(await caughtError(() => parse(env(MOST_ENV_BYTES - 2)))).toMatchObject({
      reason: "INPUT_TOO_LARGE",
      metadata: { bytes: MOST_ENV_BYTES + 1, maximum_bytes: MOST_ENV_BYTES },
    });
    // Two bytes of quotes, and two bytes for each letter.
    const input = (length: number) => ({ input: "ü".repeat(length) });
    expect(parse(input(MOST_INPUT_BYTES / 2 - 1)).input).toHaveLength(MOST_INPUT_BYTES / 2 - 1);
    expect(await caughtError(() => parse(input(MOST_INPUT_BYTES / 2)))).toMatchObject({
      reason: "INPUT_TOO_LARGE",
      metadata: { bytes: MOST_INPUT_BYTES + 2 },
    });
  });

  it("never repeats a value in a message", async () => {
    const secret = "hunter2 hunter2";
    const givens: GivenInput[] = [
      { env: { A: `${secret}\0` } },
      { env: { A: secret.repeat(1_000) } },
      { labels: { a: secret } },
      { input: `${secret}\ud800` },
      { input: secret.repeat(1_000) },
    ];
    for (const given of givens) {
      const error = await caughtError(() => parse(given));
      expect(JSON.stringify(error)).not.toContain("hunter2");
    }
  });
});

describe("inputChanges", () => {
  it("does not depend on the order of keys", () => {
    const json = fc.jsonValue({ noUnicodeString: false, maxDepth: 3 });
    fc.assert(
      fc.property(fc.dictionary(fc.string(), json), (fields) => {
        const reversed = Object.fromEntries(Object.entries(fields).toReversed());
        const one = { ...NO_INPUT, input: JSON.parse(JSON.stringify(fields)) };
        const other = { ...NO_INPUT, input: JSON.parse(JSON.stringify(reversed)) };
        expect(inputChanges(one, other)).toEqual([]);
      }),
    );
  });

  it("names the parts that differ", () => {
    const other = { env: { A: "1" }, labels: { a: "1" }, input: 0 };
    expect(inputChanges(NO_INPUT, other)).toEqual(["env", "labels", "input"]);
    expect(inputChanges(other, { ...other, labels: { a: "2" } })).toEqual(["labels"]);
    expect(inputChanges({ ...NO_INPUT, input: [1, 2] }, { ...NO_INPUT, input: [2, 1] })).toEqual([
      "input",
    ]);
  });
});

describe("checkInputFor", () => {
  const plan = samplePlan();
  const guest = {
    ...plan.guest,
    secretRefs: ["API_KEY", "SLIPWAY_INPUT"],
    runtimeSecretMounts: [
      { secret: "token", env: "TOKEN", path: null, mode: null },
      { secret: "file", env: null, path: "/run/file", mode: "0400" },
    ],
  };

  it.each([
    ["a variable of secret_refs", { env: { API_KEY: "x" } }],
    ["a variable of runtime_secret_mounts", { env: { TOKEN: "x" } }],
    ["the variable of the input", { input: 1 }],
  ])("refuses a clash with %s", async (_name, own) => {
    const error = await caughtError(() =>
      checkInputFor(samplePlan({ guest }), { ...NO_INPUT, ...own }),
    );
    expect(error).toMatchObject({ code: "FAILED_PRECONDITION", reason: "INPUT_CLASH" });
  });

  it("refuses a clash with a label of the placement", async () => {
    if (plan.target.substrate !== "DOCKER") throw new Error("the sample is for Docker");
    const target = { ...plan.target, labels: { team: "a" } };
    const own = { ...NO_INPUT, labels: { team: "a" } };
    const error = await caughtError(() => checkInputFor(samplePlan({ target }), own));
    expect(error.reason).toBe("INPUT_CLASH");
  });

  it("accepts other names", () => {
    const own = { env: { OTHER: "x" }, labels: { team: "a" }, input: null };
    expect(() => checkInputFor(samplePlan({ guest }), own)).not.toThrow();
  });

  it("refuses env and input that no part of a VM would receive", async () => {
    const silent = samplePlan({ substrate: "AWS", guest: { ...plan.guest, bootDocument: "none" } });
    for (const own of [{ env: { A: "x" } }, { input: 1 }]) {
      const error = await caughtError(() => checkInputFor(silent, { ...NO_INPUT, ...own }));
      expect(error.reason).toBe("INPUT_UNDELIVERABLE");
    }
    expect(() => checkInputFor(silent, { ...NO_INPUT, labels: { a: "b" } })).not.toThrow();
    const docker = samplePlan({ guest: { ...plan.guest, bootDocument: "none" } });
    expect(() => checkInputFor(docker, { ...NO_INPUT, input: 1 })).not.toThrow();
  });
});

/** The value with the keys of its objects in the opposite order. */
function reordered(value: unknown): JsonValue {
  return JSON.parse(JSON.stringify(value), (_key, each: unknown) =>
    typeof each === "object" && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).toReversed())
      : each,
  );
}
