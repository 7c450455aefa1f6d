import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import type { SlipwayError } from "../../../../src/errors.ts";
import { isSlipwayError } from "../../../../src/errors.ts";
import {
  LARGEST_INPUT_BYTES,
  LARGEST_STREAM_BYTES,
  parseDocument,
  parseDocuments,
  parseSecretDocument,
} from "../../../../src/json/document/parse-document.ts";
import { processorTime } from "../../../support/processor-time.ts";

const parse = (text: string) => parseDocument(new TextEncoder().encode(text));

function refusal(input: string | Uint8Array): SlipwayError {
  try {
    parseDocument(typeof input === "string" ? new TextEncoder().encode(input) : input);
  } catch (caught) {
    if (isSlipwayError(caught)) return caught;
    throw caught;
  }
  throw new Error("the input was accepted");
}

describe("parseDocument", () => {
  it.each([
    ["a: 1\nb: [x, 'y', \"z\"]\n", { a: 1, b: ["x", "y", "z"] }],
    ['{"a": 1e3, "b": [true, null, "\\u00e9\\/"]}', { a: 1000, b: [true, null, "é/"] }],
    ['{\n\t"a": {\n\t\t"b": 1\n\t}\n}\n', { a: { b: 1 } }],
    [
      "when: 2026-01-01\nat: 12:30:00\nanswer: yes\noff: ~\n",
      { when: "2026-01-01", at: "12:30:00", answer: "yes", off: null },
    ],
    ["1: one\ntrue: two\nnull: three\n", { "1": "one", true: "two", null: "three" }],
    ["a: &x [1, 2]\nb: *x\n", { a: [1, 2], b: [1, 2] }],
    ["a: &x 1\nb: &x 2\nc: *x\n", { a: 1, b: 2, c: 2 }],
    ["a: |\n  #!/bin/sh\n  echo hi\n", { a: "#!/bin/sh\necho hi\n" }],
    ["a: !!str 5\n", { a: "5" }],
    ["constructor: 1\ntoString: 2\n", { constructor: 1, toString: 2 }],
    ["\uFEFFa: 1\r\nb: 2\r\n", { a: 1, b: 2 }],
    ["--- \na: 1\n...\n", { a: 1 }],
    ["plain text", "plain text"],
    ["9007199254740991", Number.MAX_SAFE_INTEGER],
    ["-0", 0],
    ["", null],
    ["# nothing but a comment\n", null],
    ["---\n", null],
  ])("parses %j", (text, value) => {
    expect(parse(text)).toEqual(value);
  });

  it.each([
    ["a: 1\nb: 2\na: 3\n", "line 3, column 1", 'the key "a" is given twice'],
    ['{"a": 1, "\\u0061": 2}', "line 1, column 10", 'the key "a" is given twice'],
    ["outer:\n  __proto__: {x: 1}\n", "line 2, column 3", "__proto__"],
    ['{"__proto__": {}}', "line 1, column 2", "__proto__"],
    ["base: &b {x: 1}\n<<: *b\n", "line 2, column 1", "merge keys"],
    ["a: 1\n---\nb: 2\n", "line 2, column 1", "more than one document"],
    ["a: !!binary aGVsbG8=\n", "line 1, column 13", "tag"],
    ["a: !custom x\n", "line 1, column 4", "tag"],
    ["a: !!timestamp 2026-01-01\n", "line 1, column 16", "tag"],
    ["a: !<tag:yaml.org,2002:js/function> x\n", "line 1, column 4", "tag"],
    ["a: 9007199254740993\n", "line 1, column 4", "beyond 2^53"],
    ["a: -9007199254740993\n", "line 1, column 4", "beyond 2^53"],
    ["a: 1e400\n", "line 1, column 4", "not finite"],
    ["a: .inf\n", "line 1, column 4", "not finite"],
    ["a: .nan\n", "line 1, column 4", "not finite"],
    ["a: &x [*x]\n", "line 1, column 8", "contains it"],
    ["a: *missing\n", "line 1, column 4", "alias"],
    ["? [a, b]\n: 1\n", "line 1, column 3", "a key must be a string"],
    ["&k key: &v value\n*k : 1\n", "line 2, column 1", "a key must be a string"],
    ["a: [1, 2\n", "line 1, column 9", "bracket"],
    ["a:\n\t- 1\n", "line 2, column 1", "tab"],
    ['a: "\\ud800"\n', "line 1, column 4", "surrogate"],
    ['"\\ud800": 1\n', "line 1, column 1", "surrogate"],
    ["a: \u0000\n", "line 1, column 4", "control character"],
    [`${"[".repeat(65)}${"]".repeat(65)}`, "line 1, column 65", "deeper than 64 levels"],
  ])("rejects %j", (text, position, what) => {
    const error = refusal(text);
    expect(error).toMatchObject({ code: "INVALID_ARGUMENT", reason: "INVALID_INPUT" });
    expect(error.message).toContain(position);
    expect(error.message).toContain(what);
  });

  it("accepts a nesting of 64", () => {
    expect(parse(`${"[".repeat(64)}${"]".repeat(64)}`)).toBeInstanceOf(Array);
  });

  it.each([
    ["UTF-16 with a byte order mark", new Uint8Array([0xff, 0xfe, 0x61, 0, 0x3a, 0])],
    ["UTF-16 without one", new Uint8Array([0x61, 0, 0x3a, 0, 0x20, 0, 0x31, 0])],
    ["Latin-1", new Uint8Array([0x61, 0x3a, 0x20, 0xe9])],
    ["an overlong form", new Uint8Array([0x61, 0x3a, 0x20, 0xc0, 0xaf])],
    ["a surrogate in UTF-8", new Uint8Array([0x61, 0x3a, 0x20, 0xed, 0xa0, 0x80])],
  ])("rejects %s", (_, bytes) => {
    expect(refusal(bytes)).toMatchObject({ code: "INVALID_ARGUMENT", reason: "INVALID_INPUT" });
    expect(refusal(bytes).message).toContain("UTF-8");
  });

  const laughs = ["x", "a", "b", "c", "d", "e", "f", "g", "h"].map((name, level, names) =>
    level === 0
      ? "x: &x [1, 1, 1, 1, 1, 1, 1, 1, 1]"
      : `${name}: &${name} [${Array.from({ length: 9 }, () => `*${names[level - 1]}`).join(", ")}]`,
  );
  const fill = (unit: string) => unit.repeat(Math.floor(LARGEST_INPUT_BYTES / unit.length));

  it.each([
    ["a billion laughs", `${laughs.join("\n")}\n`],
    ["a long text, repeated", `a: &a ${"x".repeat(500_000)}\nb: [${"*a, ".repeat(1000)}]\n`],
    ["10 MB", "x".repeat(10_000_000)],
    ["a megabyte of brackets", fill("[")],
    ["a megabyte of dashes", fill("- ")],
    ["a megabyte of question marks", fill("? ")],
    ["a megabyte of anchors", fill("&a ")],
    ["a megabyte of items", fill("- a\n")],
    ["a megabyte of documents", fill("---\n")],
    ["a megabyte of commas", `[${fill(",").slice(2)}]`],
    [
      "distinct keys, one twice",
      `${Array.from({ length: 12_000 }, (_, key) => `k${key}: 1\n`).join("")}k0: 1\n`,
    ],
    ["many errors", "a: ]\n".repeat(9000)],
  ])("rejects %s within two seconds", (_, text) => {
    const took = processorTime(() => {
      expect(refusal(text).code).toBe("INVALID_ARGUMENT");
    });
    expect(took).toBeLessThan(2000);
  });

  it("accepts a string of one mebibyte, and not a byte more", () => {
    const text = `a: ${"x".repeat(LARGEST_INPUT_BYTES - 3)}`;
    expect(parse(text)).toEqual({ a: "x".repeat(LARGEST_INPUT_BYTES - 3) });
    expect(refusal(`${text}x`).reason).toBe("INPUT_TOO_LARGE");
  });

  const wellFormed = fc.string({ unit: "grapheme" }).filter((text) => !/\p{Cc}/u.test(text));
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 5 },
      wellFormed,
      fc.maxSafeInteger(),
      fc
        .double({ noNaN: true, noDefaultInfinity: true })
        .filter(
          (number) =>
            !Object.is(number, -0) && !(Number.isInteger(number) && !Number.isSafeInteger(number)),
        ),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie("value"), { maxLength: 4 }),
      fc.dictionary(
        wellFormed.filter((key) => key !== "__proto__" && key !== "<<"),
        tie("value"),
        { maxKeys: 4 },
      ),
    ),
  }));

  it("parses JSON like JSON.parse", () => {
    fc.assert(
      fc.property(value, fc.constantFrom(undefined, 2, "\t"), (original, indent) => {
        const text = JSON.stringify(original, null, indent);
        expect(parse(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it("parses what the yaml package prints", () => {
    fc.assert(
      fc.property(value, (original) => {
        expect(parse(stringify(original, { aliasDuplicateObjects: false }))).toEqual(
          JSON.parse(JSON.stringify(original)),
        );
      }),
    );
  });

  it("returns a value or throws INVALID_ARGUMENT for every input", () => {
    const answer = (bytes: Uint8Array): string => {
      try {
        return typeof JSON.stringify(parseDocument(bytes));
      } catch (caught) {
        return isSlipwayError(caught) ? caught.code : String(caught);
      }
    };
    const answers = ["string", "INVALID_ARGUMENT"];
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(answers).toContain(answer(bytes));
      }),
    );
    const syntax = "a|:| |\n|- |[|]|{|}|,|&a|*a|!|?|>|'|\"|#|%|---|...|~|1|\t|<<|\\".split("|");
    const documents = fc.array(fc.constantFrom("|", ...syntax), { maxLength: 30 });
    fc.assert(
      fc.property(documents, (parts) => {
        expect(answers).toContain(answer(new TextEncoder().encode(parts.join(""))));
      }),
      { numRuns: 1000 },
    );
  });

  it("quotes nothing of a secret's record", () => {
    for (const indicator of [
      "!",
      "*",
      "&",
      "%",
      "@",
      "`",
      "{",
      "[",
      "]",
      "|",
      ">",
      '"',
      "'",
      '"\\',
    ]) {
      for (const text of [
        `value: ${indicator}hunter2 more`,
        `value: x ${indicator}hunter2: y`,
        `${indicator}hunter2`,
      ]) {
        let told = "";
        try {
          parseSecretDocument(new TextEncoder().encode(text));
        } catch (caught) {
          told = isSlipwayError(caught) ? JSON.stringify(caught) : String(caught);
        }
        expect(told).not.toContain("hunter2");
      }
    }
  });
});

describe("parseDocuments", () => {
  const parseAll = (text: string) => parseDocuments(new TextEncoder().encode(text));

  it("returns each document with the line of its value", () => {
    expect(parseAll("# first\na: 1\n---\n\n---\n\nb: 2\n--- [x]\n---\n")).toEqual([
      { value: { a: 1 }, line: 2 },
      { value: { b: 2 }, line: 7 },
      { value: ["x"], line: 8 },
    ]);
  });

  it("names the place of a fault in the whole stream", () => {
    expect(() => parseAll("a: 1\n---\nb: [\n")).toThrow(/^line 3, column 5: /);
    expect(() => parseAll("a: 1\n---\nb: 1\nb: 2\n")).toThrow("line 4, column 1: the key");
  });

  it("reads anchors of one document only", () => {
    expect(() => parseAll("a: &x 1\n---\nb: *x\n")).toThrow("an alias without its anchor");
  });

  it("refuses a stream of more than 8 MiB", () => {
    expect(() => parseDocuments(new Uint8Array(LARGEST_STREAM_BYTES + 1))).toThrow(
      "the input has more than 8388608 bytes",
    );
  });

  it("reads back any stream of documents", () => {
    const documents = fc.array(fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), fc.integer()), {
      maxLength: 5,
    });
    fc.assert(
      fc.property(documents, (values) => {
        const text = values.map((value) => stringify(value)).join("---\n");
        expect(parseAll(text).map(({ value }) => value)).toEqual(values);
      }),
    );
  });
});
