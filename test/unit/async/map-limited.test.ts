import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mapLimited } from "../../../src/async/map-limited.ts";

describe("mapLimited", () => {
  it("runs at most so many at once and returns the results in the order of the items", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 12 }),
        fc.integer({ min: 1, max: 5 }),
        async (turns, limit) => {
          let running = 0;
          let most = 0;
          const results = await mapLimited(turns, limit, async (count, index) => {
            running += 1;
            most = Math.max(most, running);
            for (let turn = 0; turn < count; turn += 1) await Promise.resolve();
            running -= 1;
            return `${index}: ${count}`;
          });
          expect(results).toEqual(turns.map((count, index) => `${index}: ${count}`));
          expect(most).toBe(Math.min(limit, turns.length));
        },
      ),
    );
  });

  it("starts nothing more after a failure, and throws it", async () => {
    const started: number[] = [];
    const work = async (item: number): Promise<void> => {
      started.push(item);
      await Promise.resolve();
      if (item === 2) throw new RangeError("two");
    };
    await expect(mapLimited([1, 2, 3, 4, 5, 6, 7, 8], 2, work)).rejects.toThrow("two");
    await new Promise((resolve) => setImmediate(resolve));
    expect(started).toEqual([1, 2, 3]);
  });
});
