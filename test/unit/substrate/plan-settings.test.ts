import { describe, expect, it } from "vitest";
import { z } from "zod";
import { settingsParser } from "../../../src/substrate/plan-settings.ts";

describe("settingsParser", () => {
  let parsed = 0;
  const size = z.int().refine(() => (parsed += 1) > 0);
  const parse = settingsParser(z.strictObject({ disk: z.strictObject({ size }) }));

  it("parses the settings of a frozen plan once", () => {
    const settings = Object.freeze({ disk: { size: 8 } });
    const before = parsed;
    expect(parse({ planId: "sha256:a", settings })).toEqual({ disk: { size: 8 } });
    expect(parse({ planId: "sha256:a", settings })).toEqual({ disk: { size: 8 } });
    expect(parsed - before).toBe(1);
  });

  it("parses settings again that may have changed", () => {
    const settings = { disk: { size: 8 } };
    expect(parse({ planId: "sha256:a", settings })).toEqual(settings);
    settings.disk.size = 9;
    expect(parse({ planId: "sha256:a", settings })).toEqual({ disk: { size: 9 } });
  });

  it.each([
    [{ disk: { size: "8" } }, "plan sha256:a: settings.disk.size: "],
    [{ disk: { size: 8 }, network: "a" }, "plan sha256:a: settings.: "],
    [{}, "plan sha256:a: settings.disk: "],
  ])("refuses %j", (settings, message) => {
    expect(() => parse({ planId: "sha256:a", settings })).toThrow(
      expect.objectContaining({
        code: "INVALID_ARGUMENT",
        reason: "INVALID_PLAN",
        message: expect.stringContaining(message),
      }),
    );
  });
});
