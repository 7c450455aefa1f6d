import { describe, expect, it } from "vitest";
import { parseDuration, approximateDuration } from "../../../../src/cli/arguments/duration.ts";

describe("parseDuration", () => {
  it.each([
    ["250ms", 250],
    ["90s", 90_000],
    ["10m", 600_000],
    ["24h", 86_400_000],
  ])("parses %s", (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds);
  });

  it.each(["", "10", "m", "0s", "-1s", "1.5h", "1h30m", "10 m", "10M", "600h", "1e3s"])(
    "rejects %j",
    (text) => {
      expect(() => parseDuration(text)).toThrow(
        expect.objectContaining({ code: "INVALID_ARGUMENT", reason: "USAGE" }),
      );
    },
  );
});

describe("approximateDuration", () => {
  it.each([
    [1, "1 s"],
    [12_300, "12 s"],
    [119_000, "119 s"],
    [240_000, "4 min"],
    [10_800_000, "3 h"],
  ])("formats %d milliseconds as %s", (milliseconds, words) => {
    expect(approximateDuration(milliseconds)).toBe(words);
  });
});
