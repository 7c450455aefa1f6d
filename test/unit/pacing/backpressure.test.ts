import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  flow,
  FULL_PACE,
  RECOVERY,
  slowed,
  slowedEarlier,
  until,
} from "../../../src/pacing/backpressure.ts";
import type { Slowness } from "../../../src/pacing/backpressure.ts";

const START = 1_700_000_000_000;

/** The pace at a time after the start. */
function paceAt(slowness: Slowness, at: number): number {
  return flow(slowness, START + at, START + at + 1);
}

/** Throttled so often, two seconds apart. */
function throttled(times: number): Slowness {
  let slowness = FULL_PACE;
  for (let time = 0; time < times; time += 1)
    slowness = slowed(slowness, START + (time - times + 1) * 2_000, () => 0);
  return slowness;
}

describe("the pace", () => {
  it("is the published one at first", () => {
    expect(paceAt(FULL_PACE, 0)).toBe(1);
    expect(flow(FULL_PACE, START, START + 1_000)).toBe(1_000);
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
        slowed(once, START + 500, () => 0),
        500,
      ),
    ).toBe(1 / 2);
  });

  it("doubles again minute by minute", () => {
    const slowness = throttled(3);
    const minutes = [0, 1, 2, 3, 4].map((minute) => paceAt(slowness, minute * RECOVERY));
    expect(minutes).toEqual([1 / 8, 1 / 4, 1 / 2, 1, 1]);
  });

  it("counts through its steps both ways alike", () => {
    const milliseconds = fc.integer({ min: 0, max: 400_000 });
    fc.assert(
      fc.property(fc.nat(4), milliseconds, milliseconds, (times, from, length) => {
        const slowness = throttled(times);
        const flown = flow(slowness, START + from, START + from + length);
        expect(until(slowness, START + from, flown)).toBeCloseTo(START + from + length, 2);
      }),
    );
  });
});

describe("the hold after a throttle", () => {
  it("is as long as asked, by how slow it has become, and a minute at most", () => {
    const hold = (halvings: number) => halvings * 1_000;
    expect(slowed(FULL_PACE, START, hold).hold).toBe(START + 1_000);
    expect(slowed(throttled(2), START + 2_000, hold).hold).toBe(START + 5_000);
    expect(slowed(FULL_PACE, START, () => 1e9).hold).toBe(START + 60_000);
  });

  it("is not shortened by another throttle", () => {
    const slowness = slowed(FULL_PACE, START, () => 30_000);
    expect(slowed(slowness, START + 10, () => 5).hold).toBe(START + 30_000);
  });
});

it("is the same after the clock was set back", () => {
  const slowness = slowed(throttled(2), START, () => 5_000);
  const back = slowedEarlier(slowness, 1_000_000);
  expect(paceAt(back, -1_000_000)).toBe(paceAt(slowness, 0));
  expect(back.hold).toBe(slowness.hold - 1_000_000);
});
