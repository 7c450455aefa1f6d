import { describe, expect, it } from "vitest";
import { allot, correct, LOOK_AGAIN, recorded } from "../../../src/spawner/allotment.ts";
import type { RateState } from "../../../src/spawner/allotment.ts";
import { SLACK } from "../../../src/spawner/buckets.ts";
import type { Held, RateAsk, RateCorrection } from "../../../src/spawner/rate-turns.ts";
import type { RateBucket, RateLimit } from "../../../src/substrate/rates.ts";

const START = 1_700_000_000_000;

function perSecond(capacity: number, refill: number): RateBucket {
  return { capacity, refill, everyMilliseconds: 1_000, pace: "continuous" };
}
const LAUNCHES: RateLimit = {
  name: "RunInstances",
  requests: perSecond(5, 2),
  resources: perSecond(1_000, 2),
};
const READS: RateLimit = { name: "DescribeImages", requests: perSecond(5, 2), resources: null };

interface Wish {
  readonly at?: number;
  readonly tenant?: string;
  readonly line?: string;
  readonly machines?: number;
  readonly exactly?: number;
  readonly calls?: number;
}

/** A limit as several ask for it; what each is told. */
function open(limit: RateLimit = LAUNCHES) {
  let state: RateState | null = null;
  const gone = new Set<string>();
  const askOf = ({ at = 0, tenant = "a", line = "1", ...wish }: Wish): RateAsk => {
    const { machines, exactly, calls = 1 } = wish;
    const most = exactly ?? machines;
    const resources = most === undefined ? null : { minimum: exactly ?? 1, maximum: most };
    const asked = { limit, tenant, line, now: START + at, requests: calls, resources };
    return { scope: "here", ...asked, isHeld: true, isGone: (each) => gone.has(each) };
  };
  return {
    /** What is granted; or, negative, how long to wait. */
    ask(wish: Wish): number {
      const decision = allot(state, askOf(wish));
      state = decision.state;
      const { answer } = decision;
      if (!answer.granted) return -answer.wait;
      return askOf(wish).resources === null ? answer.requests : answer.resources;
    },
    correct(correction: RateCorrection, wish: Wish = {}): void {
      state = correct(state, askOf(wish), correction);
    },
    recorded(held: Held): void {
      state = recorded(state, { scope: "here", limit, held });
    },
    /** The process whose line it is ends. */
    end: (line: string) => gone.add(line),
    get held() {
      return state?.held ?? [];
    },
    get entrants() {
      return state?.entrants ?? [];
    },
  };
}

describe("a process that ends before its launch is on record", () => {
  it("leaves what it was granted to the next one", () => {
    const limit = open();
    expect(limit.ask({ line: "dead", machines: 1_000 })).toBe(1_000);
    limit.end("dead");
    expect(limit.ask({ at: 60_000, line: "2", machines: 1_000 })).toBe(1_000);
    expect(limit.held.map(({ line }) => line)).toEqual(["2"]);
  });

  it("gives back no more than the provider's bucket has by then", () => {
    const limit = open();
    limit.ask({ line: "dead", machines: 600 });
    limit.ask({ at: 1_000, line: "2", machines: 390 });
    limit.end("dead");
    // The provider's has stood full until the second launch: nothing has come back there but since then.
    expect(limit.ask({ at: 30_000, line: "3", machines: 700 })).toBeLessThanOrEqual(610 + 58);
  });

  it("takes along what is on record: whoever recovers it makes that launch", () => {
    const limit = open();
    expect(limit.ask({ line: "dead", machines: 1_000 })).toBe(1_000);
    const [held] = limit.held;
    if (held === undefined) throw new Error("nothing is held");
    limit.recorded(held);
    expect(limit.held).toEqual([]);
    limit.end("dead");
    expect(limit.ask({ at: 1_000, line: "2", exactly: 1_000 })).toBeLessThan(0);
  });

  it("is known whatever the clock does, and however long the record takes", () => {
    const limit = open();
    limit.ask({ at: 10_000, line: "1", machines: 400 });
    const [held] = limit.held;
    if (held === undefined) throw new Error("nothing is held");
    limit.ask({ at: 0, line: "2", machines: 1 });
    limit.ask({ at: 30_000, line: "2", machines: 500 });
    limit.recorded(held);
    expect(limit.held.map(({ line }) => line)).toEqual(["2"]);
    // Nothing has come back that was not to: 1,000 less 901, and 60 in 30 seconds.
    expect(limit.ask({ at: 30_000, line: "3", machines: 1_000 })).toBeLessThanOrEqual(159);
  });

  it("is not waited for: by then the bucket is full again, and one machine is not worth a note", () => {
    const limit = open();
    limit.ask({ line: "1", machines: 1 });
    expect(limit.held).toEqual([]);
    limit.ask({ at: 1_000, line: "1", machines: 500 });
    limit.ask({ at: 700_000, line: "2", machines: 1 });
    expect(limit.held).toEqual([]);
  });
});

it("gives back once what two processes say of one launch", () => {
  const limit = open();
  limit.ask({ machines: 1_000 });
  const refused = { kind: "refused", resources: 400, granted: START, token: "a" } as const;
  limit.correct(refused, { at: 500 });
  limit.correct(refused, { at: 1_000 });
  expect(limit.ask({ at: 1_000, line: "2", machines: 1_000 })).toBe(400);
});

it("gives back no more of what was refused than its provider's bucket has by then", () => {
  const limit = open();
  limit.ask({ machines: 10 });
  limit.ask({ at: 1_000, line: "2", machines: 990 });
  // The provider's was full until the second launch: what came back here in that second did not come back there.
  limit.correct({ kind: "refused", resources: 10, granted: START, token: "a" }, { at: 2_000 });
  expect(limit.ask({ at: 2_000, line: "3", machines: 1_000 })).toBeLessThanOrEqual(12);
});

/** Spends all calls that a full bucket has, for no machines. */
function emptied(): ReturnType<typeof open> {
  const limit = open();
  expect(limit.ask({ calls: 5, tenant: "earlier" })).toBe(5);
  return limit;
}
const NEXT = SLACK + 500;

describe("one tenant alone", () => {
  it("is granted as many calls as there are", () => {
    const limit = open(READS);
    expect(limit.ask({ calls: 3 })).toBe(3);
    expect(limit.ask({ calls: 3 })).toBe(2);
    expect(limit.ask({ calls: 3 })).toBe(-NEXT);
    expect(limit.ask({ calls: 3, at: NEXT })).toBe(1);
  });

  it("launches all that a full bucket has by one call", () => {
    const limit = open();
    expect(limit.ask({ machines: 1_500 })).toBe(1_000);
  });

  it("waits for a batch that is worth a call, at most five seconds", () => {
    const limit = open();
    expect(limit.ask({ machines: 1_500 })).toBe(1_000);
    expect(limit.ask({ machines: 500 })).toBe(-5_000);
    expect(limit.ask({ machines: 500, at: 2_000 })).toBe(-3_000);
    expect(limit.ask({ machines: 500, at: 5_000 })).toBe(9);
    expect(limit.ask({ machines: 491, at: 5_000 })).toBeLessThan(-4_700);
  });

  it("gets the rest of fifteen hundred in some fifty calls, and no later than the machines come back", () => {
    const limit = open();
    let left = 1_500;
    let calls = 0;
    let at = 0;
    while (left > 0) {
      const granted = limit.ask({ machines: left, at });
      if (granted < 0) at += Math.min(-granted, LOOK_AGAIN);
      else {
        left -= granted;
        calls += 1;
      }
    }
    expect(calls).toBeLessThan(60);
    expect(at).toBeLessThan(256_000);
  });

  it("launches a single machine as soon as there is one", () => {
    const limit = open();
    expect(limit.ask({ machines: 1_000 })).toBe(1_000);
    expect(limit.ask({ machines: 1 })).toBe(-NEXT);
    expect(limit.ask({ machines: 1, at: NEXT })).toBe(1);
  });

  it("waits for every machine of a call that has to have them all, as far as a bucket goes", () => {
    const limit = open();
    expect(limit.ask({ machines: 990 })).toBe(990);
    expect(limit.ask({ exactly: 12 })).toBe(-(SLACK + 1_000));
    const full = open();
    expect(full.ask({ exactly: 5_000 })).toBe(1_000);
  });

  it("is granted what it asks where machines are not counted", () => {
    const limit = open(READS);
    expect(limit.ask({ machines: 5_000 })).toBe(5_000);
    expect(limit.ask({ calls: 5 })).toBe(4);
  });
});

describe("several tenants", () => {
  it("take turns: who was served longest ago comes first", () => {
    const limit = emptied();
    for (const tenant of ["a", "b", "c"]) limit.ask({ tenant });
    const order = [0, 500, 1_000, 1_500, 2_000, 2_500].map((later) => {
      const at = NEXT + later;
      const served = ["c", "b", "a"].filter((tenant) => limit.ask({ tenant, at }) > 0);
      for (const tenant of served) limit.ask({ tenant, at });
      return served.join();
    });
    expect(order).toEqual(["a", "b", "c", "a", "b", "c"]);
  });

  it("serve a single spawn before the next call of a tenant that has a thousand", () => {
    const limit = open();
    expect(limit.ask({ tenant: "big", machines: 1_000 })).toBe(1_000);
    limit.ask({ tenant: "big", machines: 500, at: 10 });
    expect(limit.ask({ tenant: "small", machines: 1, at: 20 })).toBe(-(NEXT - 20));
    expect(limit.ask({ tenant: "small", machines: 1, at: NEXT })).toBe(1);
  });

  it("are told to come when it is their turn", () => {
    const limit = emptied();
    expect(limit.ask({ tenant: "a" })).toBe(-NEXT);
    expect(limit.ask({ tenant: "b" })).toBe(-(NEXT + 500));
    expect(limit.ask({ tenant: "c" })).toBe(-(NEXT + 1_000));
  });

  it("wait for nobody who has not looked again for seconds, nor for who has left", () => {
    const limit = emptied();
    limit.ask({ tenant: "gone" });
    limit.ask({ tenant: "left" });
    expect(limit.ask({ tenant: "there", at: 1 })).toBe(-(NEXT + 999));
    limit.correct({ kind: "left" }, { tenant: "left", at: 1 });
    expect(limit.ask({ tenant: "there", at: 1 })).toBe(-(NEXT + 499));
    const stale = NEXT + 3_000;
    expect(limit.ask({ tenant: "there", calls: 9, at: stale - 1 })).toBe(4);
    limit.correct({ kind: "unused", requests: 4, resources: 0 }, { at: stale - 1 });
    expect(limit.ask({ tenant: "there", calls: 9, at: stale })).toBe(5);
  });

  it("take of plenty what they ask, whoever is waiting for its own", () => {
    const limit = open();
    expect(limit.ask({ tenant: "big", machines: 1_000 })).toBe(1_000);
    limit.ask({ tenant: "big", machines: 500, at: 10 });
    // Ten machines are worth its call; it leaves the first of them to who needs but one.
    expect(limit.ask({ tenant: "small", machines: 1, at: 2_000 })).toBe(1);
    expect(limit.ask({ tenant: "small", machines: 1, at: 2_000 })).toBe(1);
  });

  it("are left some machines by a batch, where they were seen a moment ago", () => {
    const limit = open();
    for (const tenant of ["b", "c", "d"]) expect(limit.ask({ tenant, machines: 1 })).toBe(1);
    expect(limit.ask({ tenant: "a", machines: 1_000, at: 3_000 })).toBe(997);
    expect(limit.ask({ tenant: "b", machines: 1, at: 3_000 })).toBe(1);
    const later = open();
    expect(later.ask({ tenant: "b", machines: 1 })).toBe(1);
    expect(later.ask({ tenant: "a", machines: 1_000, at: 90_000 })).toBe(1_000);
  });
});

describe("the lines of one tenant", () => {
  it("are served in the order in which they came", () => {
    const limit = emptied();
    expect(limit.ask({ line: "2" })).toBe(-NEXT);
    expect(limit.ask({ line: "1", at: 1 })).toBe(-(NEXT + 499));
    expect(limit.ask({ line: "1", at: NEXT })).toBe(-500);
    expect(limit.ask({ line: "2", at: NEXT })).toBe(1);
    expect(limit.ask({ line: "1", at: NEXT + 500 })).toBe(1);
  });

  it("give another tenant its turn between theirs", () => {
    const limit = emptied();
    for (const line of ["1", "2", "3"]) limit.ask({ line });
    expect(limit.ask({ tenant: "b", at: 10 })).toBe(-(NEXT - 10 + 500));
    expect(limit.ask({ line: "2", at: 10 })).toBe(-(NEXT - 10 + 1_000));
    expect(limit.ask({ line: "1", at: NEXT })).toBe(1);
    expect(limit.ask({ line: "2", at: NEXT + 500 })).toBe(-500);
    expect(limit.ask({ tenant: "b", at: NEXT + 500 })).toBe(1);
  });
});

describe("a throttle", () => {
  it("empties the calls, halves the pace and leaves half of the machines", () => {
    const limit = open();
    expect(limit.ask({ machines: 1_000 })).toBe(1_000);
    const refused = { kind: "throttled", resources: 1_000, retryAfterMilliseconds: null } as const;
    limit.correct(refused);
    expect(limit.ask({ machines: 1_000 })).toBe(-(SLACK + 1_000));
    expect(limit.ask({ machines: 1_000, at: SLACK + 1_000 })).toBe(501);
  });

  it("is held for as long as the provider asks", () => {
    const limit = open(READS);
    limit.correct({ kind: "throttled", resources: 0, retryAfterMilliseconds: 7_000 });
    expect(limit.ask({})).toBe(-7_000);
    expect(limit.ask({ at: 6_999 })).toBe(-1);
    expect(limit.ask({ at: 7_000 })).toBe(1);
  });

  it("of a window is waited out for a part of it", () => {
    const minute = { capacity: 10, refill: 10, everyMilliseconds: 60_000, pace: "window" } as const;
    const limit = open({ name: "Queries", requests: minute, resources: null });
    limit.correct({ kind: "throttled", resources: 0, retryAfterMilliseconds: null });
    expect(limit.ask({ calls: 9 })).toBe(-3_750);
    expect(limit.ask({ calls: 9, at: 3_750 })).toBe(5);
  });
});

describe("a clock", () => {
  it("that two processes read in turn takes nothing from the bucket and adds nothing", () => {
    const limit = emptied();
    for (let time = 0; time < 400; time += 1) {
      expect(limit.ask({ line: "1", at: time + 1 })).toBeLessThan(0);
      expect(limit.ask({ line: "2", at: time })).toBeLessThan(0);
    }
    expect(limit.ask({ line: "1", at: NEXT - 1 })).toBeLessThan(0);
    expect(limit.ask({ line: "1", at: NEXT })).toBe(1);
  });

  it("that was set back keeps nobody waiting", () => {
    const limit = emptied();
    expect(limit.ask({ tenant: "b", at: 100 })).toBe(-(NEXT - 100));
    expect(limit.ask({ tenant: "c", at: -3_600_000 })).toBe(-(NEXT - 100 + 500));
    expect(limit.ask({ tenant: "b", at: -3_600_000 + NEXT })).toBe(1);
  });
});

it("remembers those who came within a minute, and no crowd", () => {
  const limit = open(READS);
  for (let tenant = 0; tenant < 1_000; tenant += 1)
    limit.ask({ tenant: `t${tenant}`, at: tenant * 10 });
  expect(limit.entrants.length).toBeLessThanOrEqual(256 + 32);
  limit.ask({ tenant: "late", at: 200_000 });
  expect(limit.entrants.map(({ tenant }) => tenant)).toEqual(["late"]);
});
