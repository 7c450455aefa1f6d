import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { wrapLine } from "../../../../src/cli/output/wrap.ts";

const word = fc.stringMatching(/^[a-z:.,/-]{1,30}$/u);

describe("wrapLine", () => {
  it("keeps every word, in parts that fit unless one word is longer", () => {
    fc.assert(
      fc.property(
        fc.array(word, { minLength: 1 }),
        fc.integer({ min: 2, max: 60 }),
        (words, at) => {
          const parts = wrapLine(`  ${words.join(" ")}`, at, "    ");
          expect(parts.flatMap((part) => part.trim().split(" "))).toEqual(words);
          const breakable = parts.filter((part) => part.trim().includes(" "));
          expect(breakable.filter((part) => part.length >= at)).toEqual([]);
        },
      ),
    );
  });

  it("indents every part, the first as it was", () => {
    expect(wrapLine("  one two three", 11, "    ")).toEqual(["  one two", "    three"]);
  });

  it("leaves a line that fits, and any line off a terminal, as it is", () => {
    expect(wrapLine("a  b", 5, "  ")).toEqual(["a  b"]);
    const long = "a ".repeat(500);
    expect(wrapLine(long, null, "  ")).toEqual([long]);
  });
});
