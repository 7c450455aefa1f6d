import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compilePattern } from "../../../../../testing/gce/query/pattern.ts";

describe("a pattern", () => {
  it.each<readonly [string, string, boolean]>([
    ["a", "a", true],
    ["a", "ab", false],
    ["a.*", "abc", true],
    ["^a$", "a", true],
    ["(a|bc)+", "abca", true],
    ["(?:a|b)?c", "c", true],
    ["a+", "", false],
    ["[a-c]x", "bx", true],
    ["[^a-c]x", "bx", false],
    [String.raw`a\.b`, "axb", false],
    [String.raw`\d\w`, "1_", true],
    [String.raw`.*\bb1\-2\b.*`, "x b1-2", true],
    [String.raw`.*\bb1\b.*`, "xb1", false],
  ])("%s of %s: %s", (pattern, text, isMatch) => {
    expect(compilePattern(pattern)(text)).toBe(isMatch);
  });

  it.each(["(", ")", "a)", "((((((((a))))))))", "[a", "*", "a{2}", String.raw`\p`, "\\"])(
    "refuses %s",
    (pattern) => {
      expect(() => compilePattern(pattern)).toThrow("not a valid regular expression");
    },
  );

  it("matches like JavaScript's own expressions", () => {
    const piece = fc.constantFrom("a", "b", ".", "(a|b)", "[ab]", "a*", "b+", "(ab)?", "(a*)*");
    const pattern = fc.array(piece, { maxLength: 5 }).map((pieces) => pieces.join(""));
    const text = fc
      .array(fc.constantFrom("a", "b", "c"), { maxLength: 6 })
      .map((one) => one.join(""));
    fc.assert(
      fc.property(pattern, text, (source, subject) => {
        expect(compilePattern(source)(subject)).toBe(new RegExp(`^(?:${source})$`).test(subject));
      }),
    );
  });

  it("takes time proportional to the length of the text, for any pattern", () => {
    expect(compilePattern("(a*)*(a*)*(a|a)*b")("a".repeat(500))).toBe(false);
  });
});
