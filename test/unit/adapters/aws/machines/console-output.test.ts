import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lastLines, newOutput } from "../../../../../adapters/aws/machines/logs.ts";

const bytes = (text: string) => Buffer.from(text);
const text = (output: Uint8Array) => Buffer.from(output).toString();

describe("newOutput", () => {
  it.each([
    ["", "", ""],
    ["", "one", "one"],
    ["one", "one", ""],
    ["one\n", "one\ntwo\n", "two\n"],
    ["one\ntwo\n", "two\nthree\n", "three\n"],
    ["aab", "aabaab", "aab"],
    ["abab", "ab", ""],
    ["one", "other", "other"],
    ["one", "", ""],
  ])("after %j and then %j is %j", (earlier, later, expected) => {
    expect(text(newOutput(bytes(earlier), bytes(later)))).toBe(expected);
  });

  it("is everything after the longest overlap of the two windows", () => {
    const few = fc.string({ unit: fc.constantFrom("a", "b", "\n"), maxLength: 12 });
    fc.assert(
      fc.property(few, few, (earlier, later) => {
        const overlap = Array.from({ length: later.length + 1 }, (_, length) => length)
          .toReversed()
          .find((length) => earlier.endsWith(later.slice(0, length)));
        const expected = later.slice(overlap);
        expect(text(newOutput(bytes(earlier), bytes(later)))).toBe(expected);
      }),
    );
  });

  it("is found in linear time even if the output repeats itself", () => {
    const earlier = Buffer.alloc(65_536, "a");
    const later = Buffer.concat([Buffer.alloc(65_535, "a"), bytes("b")]);
    expect(text(newOutput(earlier, later))).toBe("b");
  });
});

describe("lastLines", () => {
  it.each([
    ["a\nb\nc\n", null, "a\nb\nc\n"],
    ["a\nb\nc\n", 1, "c\n"],
    ["a\nb\nc", 1, "c"],
    ["a\nb\nc", 2, "b\nc"],
    ["a\nb\nc\n", 9, "a\nb\nc\n"],
    ["a\n\n", 1, "\n"],
    ["a\nb", 0, ""],
    ["", 3, ""],
  ])("of %j, limited to %j, are %j", (output, lines, expected) => {
    expect(text(lastLines(bytes(output), lines))).toBe(expected);
  });
});
