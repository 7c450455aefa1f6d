import { describe, expect, it } from "vitest";
import { parseSince, shortAge } from "../../../../src/cli/arguments/duration.ts";

const NOW = Date.UTC(2026, 10, 22, 4);

describe("parseSince", () => {
  it.each([
    ["30m", "2026-11-22T03:30:00.000Z"],
    ["2h", "2026-11-22T02:00:00.000Z"],
    ["90d", "2026-08-24T04:00:00.000Z"],
    ["2026-11-01T00:00:00Z", "2026-11-01T00:00:00.000Z"],
  ])("reads %s", (text, time) => {
    expect(parseSince(text, NOW)).toBe(time);
  });

  it.each(["", "1", "1w", "now", "2026", "2026-13-01", "-1h"])("refuses %j", (text) => {
    expect(() => parseSince(text, NOW)).toThrow(/^--since: "/u);
  });
});

describe("shortAge", () => {
  it.each([
    [-5_000, "0s"],
    [119_000, "119s"],
    [120_000, "2m"],
    [7_199_000, "119m"],
    [7_200_000, "2h"],
    [172_799_000, "47h"],
    [172_800_000, "2d"],
  ])("%i ms is %s", (milliseconds, age) => {
    expect(shortAge(milliseconds)).toBe(age);
  });
});
