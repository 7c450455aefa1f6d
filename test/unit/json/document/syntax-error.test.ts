import { describe, expect, it } from "vitest";
import { separateGlobalFlags } from "../../../../src/cli/global-flags.ts";
import { renderError } from "../../../../src/cli/output/error-text.ts";
import { isSlipwayError } from "../../../../src/errors.ts";
import { parseDocument } from "../../../../src/json/document/parse-document.ts";

const FLAGS = { ...separateGlobalFlags([]).flags };

/** The lines that a user sees of a text's fault, without the first word of each error. */
function shown(text: string): readonly string[] {
  try {
    parseDocument(new TextEncoder().encode(text));
  } catch (caught) {
    if (!isSlipwayError(caught)) throw caught;
    return renderError(caught, FLAGS).trimEnd().split("\n");
  }
  throw new Error("the input was accepted");
}

describe("the error for a mistake in YAML", () => {
  it.each([
    ["a tab", "a:\n\tb: 1\n", "  2 | \\tb: 1", "    | ^ Write `  b: 1`."],
    ["a tab before a sibling", "a: 1\n\tb: 2\n", "  2 | \\tb: 2", "    | ^ Write `b: 2`."],
    [
      "an alias without its anchor",
      "a: 1\nb: *x.log\n",
      "  2 | b: *x.log",
      '    |    ^ Write `b: "*x.log"`.',
    ],
    ["a field of an item", "- a: 1\n b: 2\n", "  2 |  b: 2", "    |  ^ Write `  b: 2`."],
    [
      "an alias in brackets",
      "b: [*x]\n",
      "  1 | b: [*x]",
      "    |     ^ Pass one resource as YAML or JSON.",
    ],
    ["a colon in a value", "a: 1\nb: c: d\n", "  2 | b: c: d", '    |    ^ Write `b: "c: d"`.'],
    [
      "a colon and a comment",
      "b: c: d # e\n",
      "  1 | b: c: d # e",
      '    |    ^ Write `b: "c: d" # e`.',
    ],
    ["a reserved character", "- @x\n", "  1 | - @x", '    |   ^ Write `- "@x"`.'],
    ["an asterisk", "a: *\n", "  1 | a: *", '    |    ^ Write `a: "*"`.'],
    ["an open quote", 'a: "b\nc: 1\nd: 2\n', '  1 | a: "b', '    |      ^ Write `a: "b"`.'],
    [
      "an open bracket",
      "a: [1, {b: 2}\nc: 1\n",
      "  1 | a: [1, {b: 2}",
      "    |              ^ Write `a: [1, {b: 2}]`.",
    ],
    [
      "a missing space",
      "name:agent\nb: 1\n",
      "  1 | name:agent",
      "    |      ^ Write `name: agent`.",
    ],
    ["an indentation", "a: 1\n b: 2\n", "  2 |  b: 2", "    | ^ Write `b: 2`."],
    ["an indented item", "a:\n  - x\n - y\n", "  3 |  - y", "    |  ^ Write `  - y`."],
    [
      "an unknown mistake",
      "- a\nb: 1\n",
      "  2 | b: 1",
      "    | ^ Pass one resource as YAML or JSON.",
    ],
  ])("quotes the line and corrects it: %s", (_what, text, source, caret) => {
    const lines = shown(text);
    expect(lines).toHaveLength(3);
    expect(lines[1]).toBe(source);
    expect(lines[2]).toBe(caret);
  });

  it("shows a part of a long line", () => {
    const [, source, caret] = shown(`a: ${"x".repeat(100)} y: ${"z".repeat(100)}\nb: !c ]\n`);
    expect(source).toBe(`  1 | a: ${"x".repeat(30)}…`);
    expect(caret).toBe("    |    ^ Pass one resource as YAML or JSON.");
    const [, late, position] = shown(`{"${"x".repeat(100)}": [}`);
    expect(late?.startsWith(`  1 | …${"x".repeat(50)}`)).toBe(true);
    expect(late?.[position?.indexOf("^") ?? 0]).toBe("}");
  });

  it.each([
    "plaintext_value: hunter2: x\n",
    "plaintext_value: *hunter2\n",
    "name: a\nplaintextValue: [hunter2\n",
    "clone_url: https://me:hunter2@host: x\n",
  ])("quotes nothing that may be a secret: %j", (text) => {
    expect(shown(text).join("\n")).not.toContain("hunter2");
  });
});
