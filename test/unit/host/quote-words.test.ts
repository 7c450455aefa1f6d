import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { expect, it } from "vitest";
import { quoteWords } from "../../../src/host/quote-words.ts";

it.each([
  [["aws", "--region", "eu-west-1"], "aws --region eu-west-1"],
  [["--project", "example.com:agents"], "--project example.com:agents"],
  [["", "~", "A=1", "a b"], "'' '~' A=1 'a b'"],
  [["it's"], String.raw`'it'\''s'`],
])("%j becomes %s", (words, line) => {
  expect(quoteWords(words)).toBe(line);
});

it("is read by a shell as exactly these words", () => {
  const word = fc.string({ unit: "grapheme" }).filter((text) => !text.includes("\0"));
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 20 }), (words) => {
      const script = `printf '%s\\0' ${quoteWords(words)}`;
      const read = execFileSync("/bin/sh", ["-c", script], { encoding: "utf8" });
      expect(read.split("\0").slice(0, -1)).toEqual(words);
    }),
    { numRuns: 40, examples: [[["$(id)", "`id`", "\n;&|", "*", "!x", "\\", "'"]]] },
  );
});
