import { describe, expect, it } from "vitest";
import { defaultFormat, render } from "../../../../src/cli/output/render.ts";
import { viewSelection } from "../../../../src/cli/views/selection-view.ts";
import type { JsonValue } from "../../../../src/errors.ts";

/** What is printed without `-o`. */
async function printed(value: JsonValue, isTerminal = false): Promise<string> {
  const view = viewSelection(value, { isTerminal });
  return await render(view, defaultFormat(view, isTerminal), { color: false, now: 0 });
}

describe("a selection", () => {
  it.each<readonly [string, JsonValue, string]>([
    ["a text", "a b", "a b\n"],
    ["a number", 3, "3\n"],
    ["a truth value", false, "false\n"],
    ["nothing", null, "\n"],
    ["a list of texts", ["a", "b"], "a\nb\n"],
    ["an empty list", [], ""],
    [
      "rows",
      [
        ["a", 1],
        ["b", null],
      ],
      "a\t1\nb\t\n",
    ],
    ["a line break in a list", ["a\nb"], "a\\nb\n"],
    ["a map", { a: 1 }, "a: 1\n"],
    ["a list of maps", [{ a: 1 }], "- a: 1\n"],
  ])("is printed for other commands: %s", async (_what, value, text) => {
    expect(await printed(value)).toBe(text);
  });

  it("is a table on a terminal, if it is a list of maps", async () => {
    const rows = [
      { id: "one", ip: null },
      { id: "two", ip: { v4: "192.0.2.1" } },
    ];
    expect(await printed(rows, true)).toBe('ID   IP\none  -\ntwo  {"v4":"192.0.2.1"}\n');
    expect(await printed([{ "a\u001b": "\u001b[31m" }], true)).toBe("A\\x1b\n\\x1b[31m\n");
  });

  it("is unchanged in a pipe, and safe on a terminal", async () => {
    const text = "#!/bin/sh\n\techo \u001b[31m";
    expect(await printed(text)).toBe(`${text}\n`);
    expect(await printed(text, true)).toBe("#!/bin/sh\n\\techo \\x1b[31m\n");
  });
});
