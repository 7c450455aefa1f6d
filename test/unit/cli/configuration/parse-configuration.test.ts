import { describe, expect, it } from "vitest";
import { parseConfiguration } from "../../../../src/cli/configuration/parse-configuration.ts";
import { isSlipwayError } from "../../../../src/errors.ts";

const PLACE = { path: "/etc/slipway.yaml", folder: "/etc", home: "/home/ann" };

function parse(text: string, home = PLACE.home) {
  const { current, contexts } = parseConfiguration(text, { ...PLACE, home });
  return { current, contexts: Object.fromEntries(contexts) };
}

/** The code, reason, message and remedy of a configuration that is refused. */
function refusal(text: string, home?: string) {
  try {
    parse(text, home);
  } catch (caught) {
    if (!isSlipwayError(caught)) throw caught;
    const { code, reason, message, remedy } = caught;
    return `${code} ${reason} ${message} | ${remedy ?? ""}`;
  }
  throw new Error(`accepted: ${text}`);
}

describe("a configuration", () => {
  it("has contexts with their settings", () => {
    const text = `
      # comment
      current_context: staging
      contexts:
        staging:
          database: /var/lib/slipway.db
          key_file: /var/lib/key
          tenant: acme
          default_output: json
        empty:
    `;
    expect(parse(text)).toEqual({
      current: "staging",
      contexts: {
        staging: {
          database: "/var/lib/slipway.db",
          keyFile: "/var/lib/key",
          tenant: "acme",
          defaultOutput: "json",
        },
        empty: {},
      },
    });
  });

  it.each(["", "# nothing\n", "contexts:\n", "{}"])("may be empty: %j", (text) => {
    expect(parse(text)).toEqual({ current: null, contexts: {} });
  });

  it.each([
    ["own.db", "/etc/own.db"],
    ["../own.db", "/own.db"],
    ["~/own.db", "/home/ann/own.db"],
    ["~", "/home/ann"],
    ["./~/own.db", "/etc/~/own.db"],
    ["/a/~b", "/a/~b"],
  ])("relates the path %s to the file, and ~ to the home folder", (path, expected) => {
    const { contexts } = parse(
      JSON.stringify({ contexts: { a: { database: path, key_file: path } } }),
    );
    expect(contexts).toEqual({ a: { database: expected, keyFile: expected } });
  });

  it.each([
    ["a: b: c", 'line 1, column 4: this value must be quoted | Write `a: "b: c"`.'],
    ["contexts: {a", "line 1, column 13: "],
    [
      "contexts:\n  a:\n  a:\n",
      'line 3, column 3: the key "a" is given twice | Remove one of the two.',
    ],
    [
      "a: \u0001",
      "line 1, column 4: a control character: the input must be text in UTF-8 | Correct this line.",
    ],
    ["[]", "line 1, column 1: the configuration must be a map | "],
    ["contexts: 1", "line 1, column 11: contexts must be a map | "],
    ["contexts:\n  a: b", "line 2, column 6: a must be a map | "],
    [
      "currentContext: a",
      'line 1, column 1: unknown field "currentContext" | Did you mean current_context?',
    ],
    [
      "contexts:\n  a:\n    databse: b",
      'line 3, column 5: unknown field "databse" | Did you mean database?',
    ],
    [
      "contexts:\n  a:\n    color: b",
      'line 3, column 5: unknown field "color" | The fields are database, key_file, tenant, default_output.',
    ],
    ["current_context: 1", "line 1, column 18: current_context must be a text | Quote it."],
    [
      "contexts:\n  a:\n    tenant:",
      "line 3, column 12: tenant must be a text | Write a value, or remove the field.",
    ],
    ["contexts:\n  a:\n    tenant: A", 'line 3, column 13: "A" is not a valid tenant | '],
    [
      "contexts:\n  a:\n    default_output: jsno",
      'line 3, column 21: "jsno" is not a default output format | The formats are yaml, json, table, wide.',
    ],
    [
      "contexts:\n  a:\n    default_output: name",
      'line 3, column 21: "name" is not a default output format | The formats are yaml, json, table, wide.',
    ],
    ["contexts:\n  default: {}", 'line 2, column 3: "default" is not a name for a context | '],
    ["contexts:\n  -o: {}", 'line 2, column 3: "-o" is not a name for a context | '],
    [
      "contexts:\n  a:\n    key_file: ~ann/key",
      "line 3, column 15: the home folder of another user is not looked up | ",
    ],
  ])("is refused with the place of its mistake: %j", (text, expected) => {
    const start = "INVALID_ARGUMENT INVALID_INPUT /etc/slipway.yaml: ";
    expect(refusal(text)).toContain(`${start}${expected}`);
  });

  it("needs a home folder only for ~", () => {
    const text = (path: string) => `contexts:\n  a:\n    database: ${path}`;
    expect(parse(text("b.db"), "").contexts).toEqual({ a: { database: "/etc/b.db" } });
    expect(refusal(text("~/b.db"), "")).toContain("there is no home folder for ~");
  });
});
