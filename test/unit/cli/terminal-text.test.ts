import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  escapeInDocument,
  needsEscape,
  quoted,
  safeLine,
  safeLines,
} from "../../../src/cli/terminal-text.ts";
import { hostileText } from "./support/hostile-text.ts";

const DANGEROUS = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u;

describe("safeLine", () => {
  it.each([
    ["an escape sequence", "a\u001b[31mb", "a\\x1b[31mb"],
    ["line ends and tabs", "a\r\n\tb", "a\\r\\n\\tb"],
    ["C1 controls", "a\u009b2Jb", "a\\x9b2Jb"],
    ["DEL", "a\u007fb", "a\\x7fb"],
    ["a reversal of the direction", "a\u202eb", "a\\u202eb"],
    ["a line separator", "a\u2028b", "a\\u2028b"],
    ["nothing of plain text", "Ünïcode → 日本", "Ünïcode → 日本"],
  ])("escapes %s", (_what, text, shown) => {
    expect(safeLine(text)).toBe(shown);
  });

  it("emits no control character", () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        expect(safeLine(text)).not.toMatch(DANGEROUS);
      }),
    );
  });
});

describe("safeLines", () => {
  it("keeps only newlines", () => {
    expect(safeLines("a\nb\rc\u001b")).toBe("a\nb\\rc\\x1b");
  });
});

describe("quoted", () => {
  it("shortens long text", () => {
    expect(quoted("x".repeat(1_000_000))).toBe(`"${"x".repeat(64)}…"`);
  });

  it("escapes control characters", () => {
    expect(quoted("\u001b]0;title\u0007")).toBe('"\\x1b]0;title\\x07"');
  });
});

describe("escapeInDocument", () => {
  it("preserves the meaning of JSON", () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const escaped = escapeInDocument(JSON.stringify(text));
        expect(JSON.parse(escaped)).toBe(text);
        expect(escaped).not.toMatch(DANGEROUS);
      }),
    );
  });

  it("agrees with needsEscape", () => {
    expect(needsEscape("plain\ntext")).toBe(false);
    expect(needsEscape("\u0085")).toBe(true);
  });
});
