import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { retryDelay } from "../../../../src/spawner/launch/backoff.ts";

const failures = fc.integer({ min: 1, max: 10_000 });
const random = fc.double({ min: 0, max: 1, noNaN: true });
const asked = fc.option(fc.integer({ min: 1, max: 3_600_000 }));

describe("retryDelay", () => {
  it("is never shorter than the provider asked for, nor longer by more than 20 seconds", () => {
    fc.assert(
      fc.property(failures, random, asked, (count, chance, retryAfter) => {
        const delay = retryDelay(count, chance, retryAfter);
        expect(Number.isSafeInteger(delay)).toBe(true);
        expect(delay).toBeGreaterThanOrEqual(retryAfter ?? 0);
        expect(delay).toBeLessThanOrEqual((retryAfter ?? 0) + 20_000);
      }),
    );
  });

  it("covers its whole range, which doubles up to its bound", () => {
    const ranges = [1, 2, 3, 7, 8, 1_000].map((count) => retryDelay(count, 1, null));
    expect(ranges).toEqual([400, 800, 1_600, 20_000, 20_000, 20_000]);
    expect(retryDelay(5, 0, null)).toBe(0);
    expect(retryDelay(5, 0.5, null)).toBe(3_200);
    expect(retryDelay(5, 0.5, 1_000)).toBe(4_200);
  });
});
