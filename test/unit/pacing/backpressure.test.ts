import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  pacedMilliseconds,
  FULL_PACE,
  RECOVERY,
  slowDown,
  shiftBackpressure,
  until,
} from "../../../src/pacing/backpressure.ts";
import type { Backpressure } from "../../../src/pacing/backpressure.ts";

const START = 1_700_000_000_000;

/** The pace at a time after the start. */
function paceAt(backpressure: Backpressure, at: number): number {
  return pacedMilliseconds(backpressure, START + at, START + at + 1);
}

/** Throttled so often, two seconds apart. */
function throttled(times: number): Backpressure {
  let backpressure = FULL_PACE;
  for (let time = 0; time < times; time += 1)
    backpressure = slowDown(backpressure, START + (time - times + 1) * 2_000, () => 0);
  return backpressure;
}

describe("the pace", () => {
  it("is the published one at first", () => {
    expect(paceAt(FULL_PACE, 0)).toBe(1);
    expect(pacedMilliseconds(FULL_PACE, START, START + 1_000)).toBe(1_000);
  });

  it("is halved by each throttle, down to a sixteenth", () => {
    expect([1, 2, 3, 4, 5].map((times) => paceAt(throttled(times), 0))).toEqual([
      1 / 2,
      1 / 4,
      1 / 8,
      1 / 16,
      1 / 16,
    ]);
  });

  it("is halved once by throttles of calls that were under way together", () => {
    const once = throttled(1);
    expect(
      paceAt(
        slowDown(once, START + 500, () => 0),
        500,
      ),
    ).toBe(1 / 2);
  });

  it("doubles again minute by minute", () => {
    const backpressure = throttled(3);
    const minutes = [0, 1, 2, 3, 4].map((minute) => paceAt(backpressure, minute * RECOVERY));
    expect(minutes).toEqual([1 / 8, 1 / 4, 1 / 2, 1, 1]);
  });

  it("is the same whether time or tokens are computed", () => {
    const milliseconds = fc.integer({ min: 0, max: 400_000 });
    fc.assert(
      fc.property(fc.nat(4), milliseconds, milliseconds, (times, from, length) => {
        const backpressure = throttled(times);
        const flown = pacedMilliseconds(backpressure, START + from, START + from + length);
        expect(until(backpressure, START + from, flown)).toBeCloseTo(START + from + length, 2);
      }),
    );
  });
});

describe("the pause after a throttle", () => {
  it("is as long as the provider asks, or follows the pace, for at most a minute", () => {
    const hold = (halvings: number) => halvings * 1_000;
    expect(slowDown(FULL_PACE, START, hold).pausedUntil).toBe(START + 1_000);
    expect(slowDown(throttled(2), START + 2_000, hold).pausedUntil).toBe(START + 5_000);
    expect(slowDown(FULL_PACE, START, () => 1e9).pausedUntil).toBe(START + 60_000);
  });

  it("is not shortened by another throttle", () => {
    const backpressure = slowDown(FULL_PACE, START, () => 30_000);
    expect(slowDown(backpressure, START + 10, () => 5).pausedUntil).toBe(START + 30_000);
  });
});

it("is the same after the clock was set back", () => {
  const backpressure = slowDown(throttled(2), START, () => 5_000);
  const back = shiftBackpressure(backpressure, 1_000_000);
  expect(paceAt(back, -1_000_000)).toBe(paceAt(backpressure, 0));
  expect(back.pausedUntil).toBe(backpressure.pausedUntil - 1_000_000);
});
