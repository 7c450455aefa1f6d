import * as fc from "fast-check";
import { expect, it } from "vitest";
import { cutWords } from "../../../src/redaction/cut.ts";

it("leaves short words as they are, and of longer ones no half word", () => {
  expect(cutWords("denied by hunter2", 17)).toBe("denied by hunter2");
  expect(cutWords("denied by hunter2", 16)).toBe("denied by ");
  expect(cutWords("denied by hunter2", 9)).toBe("denied ");
});

it("never leaves a part of a word of up to 32 letters, and is never longer than it may be", () => {
  const word = fc.stringMatching(/^[a-z0-9]{1,32}$/);
  fc.assert(
    fc.property(fc.array(word, { minLength: 1 }), fc.nat({ max: 200 }), (words, longest) => {
      const text = words.join(" ");
      const cut = cutWords(text, longest);
      expect(cut.length).toBeLessThanOrEqual(longest);
      expect(text.startsWith(cut)).toBe(true);
      const left = cut
        .trim()
        .split(" ")
        .filter((one) => one !== "");
      expect(left).toEqual(words.slice(0, left.length));
    }),
  );
});
