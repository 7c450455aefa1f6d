import { describe, expect, it } from "vitest";
import {
  retryAfterMetadata,
  retryAfterMilliseconds,
  retryAfterSeconds,
} from "../../../src/async/retry-after.ts";
import { SlipwayError } from "../../../src/errors.ts";

const NOW = Date.UTC(2026, 0, 1);

describe("retryAfterSeconds", () => {
  it.each<readonly [string, string | null | undefined, number | null]>([
    ["seconds", "7", 7],
    ["no wait", "0", 0],
    ["seconds with space around them", " 120 ", 120],
    ["a date", new Date(NOW + 90_500).toUTCString(), 90],
    ["a date in the past", new Date(NOW - 1_000).toUTCString(), 0],
    ["no field", undefined, null],
    ["no header of that name", null, null],
    ["an empty field", "", null],
    ["a negative number", "-7", null],
    ["a number that no clock can wait for", "12345678901", null],
    ["words", "soon", null],
  ])("reads %s", (_what, field, seconds) => {
    expect(retryAfterSeconds(field, NOW)).toBe(seconds);
  });

  it("does not read a date without a clock", () => {
    expect(retryAfterSeconds(new Date(NOW).toUTCString())).toBeNull();
    expect(retryAfterSeconds("7")).toBe(7);
  });
});

describe("an error's metadata", () => {
  it.each([
    [7, 7_000],
    [0, null],
    [null, null],
  ])("keeps %s seconds as %s milliseconds", (seconds, milliseconds) => {
    const error = new SlipwayError({
      code: "UNAVAILABLE",
      reason: "CLOUD_RATE_LIMITED",
      message: "too fast",
      metadata: retryAfterMetadata(seconds),
    });
    expect(retryAfterMilliseconds(error)).toBe(milliseconds);
  });
});
