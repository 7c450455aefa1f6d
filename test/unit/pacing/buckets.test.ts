import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RateBucket } from "../../../src/pacing/rates.ts";
import {
  drainBucket,
  returnTokens,
  refundTokens,
  shiftBucket,
  SLACK,
  spendTokens,
  timeUntil,
  tokensAt,
} from "../../../src/pacing/buckets.ts";
import type { BucketState } from "../../../src/pacing/buckets.ts";
import { FULL_PACE, RECOVERY, slowDown } from "../../../src/pacing/backpressure.ts";
import type { Backpressure } from "../../../src/pacing/backpressure.ts";

const LAUNCHES = { capacity: 5, refill: 2, everyMilliseconds: 1_000, pace: "continuous" } as const;
const MINUTE = { capacity: 10, refill: 10, everyMilliseconds: 60_000, pace: "window" } as const;
const START = 1_700_000_000_000;

/** A bucket with its own clock. */
function open(rate: RateBucket, backpressure: Backpressure = FULL_PACE) {
  let state: BucketState | null = null;
  const bucket = () => ({ rate, state, backpressure });
  return {
    tokens: (at: number) => tokensAt(bucket(), START + at),
    until: (tokens: number, at: number) => timeUntil(bucket(), tokens, START + at),
    spend: (tokens: number, at: number) => (state = spendTokens(bucket(), tokens, START + at)),
    giveBack: (tokens: number) => (state = returnTokens(bucket(), tokens)),
    postpone: (tokens: number, spent: number, now: number) =>
      (state = refundTokens(bucket(), tokens, { spent: START + spent, now: START + now })),
    drain: (left: number, at: number) => (state = drainBucket(bucket(), left, START + at)),
    setBack: (by: number) => (state = shiftBucket(state, by)),
  };
}

describe("a continuous bucket", () => {
  it("can be spent at once if it is full, in one call or in several", () => {
    const bucket = open(LAUNCHES);
    expect(bucket.tokens(0)).toBe(5);
    bucket.spend(3, 0);
    expect(bucket.tokens(100)).toBe(2);
    bucket.spend(2, 200);
    expect(bucket.tokens(200)).toBe(0);
  });

  it("refills from a slack after it was spent", () => {
    const bucket = open(LAUNCHES);
    bucket.spend(5, 0);
    expect(bucket.tokens(SLACK + 499)).toBe(0);
    expect(bucket.tokens(SLACK + 500)).toBe(1);
    expect(bucket.until(1, 0)).toBe(SLACK + 500);
    expect(bucket.until(3, 0)).toBe(SLACK + 1_500);
  });

  it("loses the slack once, however long it is in use", () => {
    const bucket = open(LAUNCHES);
    bucket.spend(5, 0);
    for (let call = 1; call <= 50; call += 1) {
      const at = SLACK + call * 500;
      expect(bucket.tokens(at)).toBe(1);
      bucket.spend(1, at);
    }
  });

  it("is full again when everything that was spent has returned", () => {
    const bucket = open(LAUNCHES);
    bucket.spend(5, 0);
    expect(bucket.tokens(SLACK + 2_499)).toBe(4);
    expect(bucket.tokens(SLACK + 2_500)).toBe(5);
    expect(bucket.tokens(1_000_000)).toBe(5);
  });

  it("takes back what was not used after all", () => {
    const bucket = open(LAUNCHES);
    bucket.spend(5, 0);
    bucket.giveBack(2);
    expect(bucket.tokens(0)).toBe(2);
    bucket.giveBack(9);
    expect(bucket.tokens(0)).toBe(5);
  });

  it("is not emptied by a spending so late that it had refilled", () => {
    const bucket = open(LAUNCHES);
    bucket.spend(1, 0);
    bucket.postpone(1, 0, 10_000);
    expect(bucket.tokens(10_000)).toBe(5);
  });

  it("holds what the provider reports, and refills from there", () => {
    const bucket = open(LAUNCHES);
    bucket.drain(1, 0);
    expect(bucket.tokens(0)).toBe(1);
    expect(bucket.until(2, 0)).toBe(SLACK + 500);
  });

  it("continues as before after its clock was set back", () => {
    const bucket = open(LAUNCHES);
    bucket.spend(5, 0);
    bucket.setBack(3_600_000);
    expect(bucket.until(1, -3_600_000)).toBe(SLACK + 500);
  });

  it("refills at half the pace after a throttle, and at its own pace later", () => {
    const backpressure = slowDown(FULL_PACE, START, () => 0);
    const bucket = open(LAUNCHES, backpressure);
    bucket.spend(5, 0);
    expect(bucket.until(2, 0)).toBe(SLACK + 2_000);
    const later = open(LAUNCHES, backpressure);
    later.spend(5, RECOVERY);
    expect(later.until(2, RECOVERY)).toBe(SLACK + 1_000);
  });
});

describe("a window", () => {
  it("returns everything together, a slack after its period", () => {
    const bucket = open(MINUTE);
    bucket.spend(10, 0);
    expect(bucket.tokens(60_000 + SLACK - 1)).toBe(0);
    expect(bucket.tokens(60_000 + SLACK)).toBe(10);
    expect(bucket.until(1, 0)).toBe(60_000 + SLACK);
  });

  it("removes a late spending from where it was counted, and none after that has expired", () => {
    const bucket = open(MINUTE);
    bucket.spend(4, 0);
    bucket.spend(6, 30_000);
    bucket.postpone(1, 0, 70_000);
    expect(bucket.tokens(70_000)).toBe(4);
  });

  it("counts each spending separately", () => {
    const bucket = open(MINUTE);
    bucket.spend(4, 0);
    bucket.spend(6, 30_000);
    expect(bucket.tokens(60_000 + SLACK)).toBe(4);
    expect(bucket.until(5, 60_000 + SLACK)).toBe(30_000);
  });

  it("stores spendings that follow one another as one", () => {
    const bucket = open({ ...MINUTE, capacity: 1_000, refill: 1_000 });
    for (let call = 0; call < 600; call += 1) bucket.spend(1, call * 100);
    const state = bucket.spend(1, 60_000);
    expect(state.spent.length).toBeLessThanOrEqual(31);
    expect(bucket.tokens(60_000)).toBe(399);
  });

  it("takes back the latest spending that was not used after all", () => {
    const bucket = open(MINUTE);
    bucket.spend(4, 0);
    bucket.spend(6, 30_000);
    bucket.giveBack(7);
    expect(bucket.tokens(30_000)).toBe(7);
    expect(bucket.tokens(60_000 + SLACK)).toBe(10);
  });

  it("is smaller after a throttle", () => {
    const bucket = open(
      MINUTE,
      slowDown(FULL_PACE, START, () => 0),
    );
    expect(bucket.tokens(0)).toBe(5);
    bucket.spend(5, 0);
    expect(bucket.until(1, 0)).toBe(60_000 + SLACK);
    expect(bucket.tokens(RECOVERY)).toBe(5);
  });
});

const rates = fc.oneof(
  fc.record({
    capacity: fc.integer({ min: 1, max: 100 }),
    refill: fc.integer({ min: 1, max: 40 }),
    everyMilliseconds: fc.constantFrom(500, 1_000, 4_000),
    pace: fc.constant("continuous" as const),
  }),
  fc.integer({ min: 1, max: 50 }).map((capacity) => ({ ...MINUTE, capacity, refill: capacity })),
);
const asks = fc.array(
  fc.record({
    pause: fc.oneof(fc.nat(40), fc.nat(400), fc.nat(70_000)),
    tokens: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.constant(100)),
    patient: fc.boolean(),
  }),
  { maxLength: 60 },
);

type Sent = readonly [at: number, tokens: number];

/**
 * The most that the provider can count from the i-th call to the j-th: as if the first was delayed by the whole slack,
 * so that it arrives with all that were made within it, and the last arrived at once.
 */
function isWithin(rate: RateBucket, sent: readonly Sent[]): boolean {
  return sent.every(([first], from) => {
    let counted = 0;
    return sent.slice(from).every(([last, tokens]) => {
      counted += tokens;
      const time = Math.max(0, last - first - SLACK);
      if (rate.pace === "window") return counted <= rate.capacity || time >= rate.everyMilliseconds;
      return counted <= rate.capacity + (time * rate.refill) / rate.everyMilliseconds + 1e-3;
    });
  });
}

describe("whatever is spent as a bucket allows", () => {
  it("the provider allows too, however calls are delayed within the slack", () => {
    fc.assert(
      fc.property(rates, asks, (rate, wanted) => {
        const bucket = open(rate);
        const sent: Sent[] = [];
        let now = 0;
        for (const { pause, tokens, patient } of wanted) {
          now += pause;
          const most = Math.min(tokens, rate.capacity);
          if (patient) now += bucket.until(most, now);
          const spent = Math.min(most, bucket.tokens(now));
          if (spent === 0) continue;
          bucket.spend(spent, now);
          sent.push([now, spent]);
        }
        expect(isWithin(rate, sent)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  it("the provider allows too if some calls are made late and wait for another turn", () => {
    const delays = fc.array(fc.nat(2_000), { maxLength: 60 });
    fc.assert(
      fc.property(rates, asks, delays, (rate, wanted, late) => {
        const bucket = open(rate);
        const sent: Sent[] = [];
        const due: { readonly at: number; readonly granted: number; readonly tokens: number }[] =
          [];
        const waiting: number[] = [];
        const send = (now: number, tokens: number): void => {
          bucket.spend(tokens, now);
          sent.push([now, tokens]);
        };
        /** Lets time pass. A late call waits for another turn and is made then. */
        const pass = (until: number): void => {
          for (const one of due.filter(({ at }) => at <= until).toSorted((a, b) => a.at - b.at)) {
            due.splice(due.indexOf(one), 1);
            bucket.postpone(one.tokens, one.granted, one.at);
            waiting.push(one.tokens);
            goOn(one.at);
          }
          goOn(until);
        };
        const goOn = (now: number): void => {
          for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
            if (bucket.until(next, now) > 0) return;
            waiting.shift();
            send(now, next);
          }
        };
        let now = 0;
        for (const [index, { pause, tokens }] of wanted.entries()) {
          now += Math.min(pause, 1_000);
          pass(now);
          const spent = Math.min(tokens, rate.capacity, bucket.tokens(now));
          if (spent === 0) continue;
          const delay = late[index] ?? 0;
          if (delay <= 100) send(now, spent);
          else {
            bucket.spend(spent, now);
            due.push({ at: now + delay, granted: now, tokens: spent });
          }
        }
        pass(now + 2_000);
        expect(isWithin(rate, sent)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  it("is available when it was announced", () => {
    fc.assert(
      fc.property(rates, asks, fc.integer({ min: 0, max: 4 }), (rate, wanted, halvings) => {
        const backpressure = { halvings, at: START, pausedUntil: 0 };
        const bucket = open(rate, backpressure);
        let now = 0;
        for (const { pause, tokens } of wanted) {
          now += pause;
          const most = Math.min(tokens, rate.capacity);
          const wait = bucket.until(most, now);
          expect(wait === 0).toBe(bucket.tokens(now) >= most);
          now += wait;
          // A window that is smaller for a while may need more than one wait.
          if (rate.pace === "window" && halvings > 0) continue;
          expect(bucket.tokens(now)).toBeGreaterThanOrEqual(most);
          bucket.spend(most, now);
        }
      }),
      { numRuns: 300 },
    );
  });
});
