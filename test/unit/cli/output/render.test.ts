import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import {
  defaultFormat,
  render,
  renderJson,
  renderYaml,
} from "../../../../src/cli/output/render.ts";
import type { JsonValue } from "../../../../src/errors.ts";
import { hostileText } from "../support/hostile-text.ts";

// Tabs and newlines are harmless: they move the cursor no further than spaces do.
const DANGEROUS = /(?![\n\t])[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u;
const view = { value: { name: "a" }, table: () => "NAME\na\n" };

describe("defaultFormat", () => {
  it.each<readonly [string, JsonValue, boolean, string]>([
    ["one thing on a terminal", {}, true, "table"],
    ["one thing in a pipe", {}, false, "yaml"],
    ["a list on a terminal", [], true, "table"],
    ["a list in a pipe", [], false, "yaml"],
  ])("%s", (_what, value, isTerminal, format) => {
    expect(defaultFormat({ value, table: () => "" }, isTerminal)).toBe(format);
  });
});

const DISPLAY = { color: false, now: 0 };

describe("render", () => {
  it("renders names for other commands, and refuses to if there are none", async () => {
    const names = async (value: JsonValue) =>
      await render({ value, table: () => "" }, "name", DISPLAY);
    expect(await names([{ spawn_id: "one", name: "x" }, { name: "two" }])).toBe("one\ntwo\n");
    expect(await names({ name: "a\u001bb" })).toBe("a\\x1bb\n");
    expect(await names([])).toBe("");
    await expect(names({ scanned: 1 })).rejects.toMatchObject({ reason: "USAGE" });
  });

  it("renders each format with a trailing newline", async () => {
    expect(await render(view, "json", DISPLAY)).toBe('{\n  "name": "a"\n}\n');
    expect(await render(view, "yaml", DISPLAY)).toBe("name: a\n");
    expect(await render(view, "table", DISPLAY)).toBe("NAME\na\n");
  });
});

describe("renderYaml", () => {
  it.each(["yes", "0400", "1:30", "null", "2026-11-22", "~"])(
    "quotes the text %s, which YAML 1.1 parsers read as something else",
    async (text) => {
      expect(await renderYaml({ text })).toBe(`text: "${text}"\n`);
    },
  );

  it("neither folds long lines nor writes anchors", async () => {
    const shared = { line: "word ".repeat(100).trim() };
    const text = await renderYaml({ first: shared, second: shared });
    expect(text.split("\n")).toHaveLength(5);
    expect(text).not.toContain("&");
  });

  it.each([" \n", "\n ", "\t\n", " a\nb", "a \nb", "a\n b", "\n\n", "a\n"])(
    "keeps the lines of %j",
    async (text) => {
      expect(parse(await renderYaml({ "": [text] }))).toEqual({ "": [text] });
    },
  );

  it("preserves every value and emits no control character", async () => {
    const text = hostileText;
    const value = fc.dictionary(text, fc.oneof(text, fc.integer(), fc.array(text)));
    await fc.assert(
      fc.asyncProperty(value, async (original) => {
        const printed = await renderYaml(original);
        expect(parse(printed)).toEqual({ ...original });
        expect(printed).not.toMatch(DANGEROUS);
      }),
    );
  });
});

describe("renderJson", () => {
  it("emits no control character", () => {
    expect(renderJson({ text: "\u001b[2J\u009b\u202e" })).toBe(
      '{"text":"\\u001b[2J\\u009b\\u202e"}',
    );
  });
});
