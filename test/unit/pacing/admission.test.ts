import { describe, expect, it } from "vitest";
import { LONGEST_PAUSE } from "../../../src/pacing/admission.ts";
import { SLACK } from "../../../src/pacing/buckets.ts";
import { openLimit, READS } from "../../support/spawner/open-limit.ts";

/** Spends all calls of a full bucket, without machines. */
function emptied(): ReturnType<typeof openLimit> {
  const limit = openLimit();
  expect(limit.ask({ calls: 5, tenant: "earlier" })).toBe(5);
  return limit;
}
const NEXT = SLACK + 500;

describe("a single tenant", () => {
  it("is granted as many calls as the bucket holds", () => {
    const limit = openLimit(READS);
    expect(limit.ask({ calls: 3 })).toBe(3);
    expect(limit.ask({ calls: 3 })).toBe(2);
    expect(limit.ask({ calls: 3 })).toBe(-NEXT);
    expect(limit.ask({ calls: 3, at: NEXT })).toBe(1);
  });

  it("launches everything that a full bucket holds in one call", () => {
    const limit = openLimit();
    expect(limit.ask({ machines: 1_500 })).toBe(1_000);
  });

  it("waits for a batch that is worth a call, for at most five seconds", () => {
    const limit = openLimit();
    expect(limit.ask({ machines: 1_500 })).toBe(1_000);
    expect(limit.ask({ machines: 500 })).toBe(-5_000);
    expect(limit.ask({ machines: 500, at: 2_000 })).toBe(-3_000);
    expect(limit.ask({ machines: 500, at: 5_000 })).toBe(9);
    expect(limit.ask({ machines: 491, at: 5_000 })).toBeLessThan(-4_700);
  });

  it("launches the rest of 1,500 machines in about fifty calls, as soon as the tokens return", () => {
    const limit = openLimit();
    let left = 1_500;
    let calls = 0;
    let at = 0;
    while (left > 0) {
      const granted = limit.ask({ machines: left, at });
      if (granted < 0) at += Math.min(-granted, LONGEST_PAUSE);
      else {
        left -= granted;
        calls += 1;
      }
    }
    expect(calls).toBeLessThan(60);
    expect(at).toBeLessThan(256_000);
  });

  it("launches a single machine as soon as there is a token", () => {
    const limit = openLimit();
    expect(limit.ask({ machines: 1_000 })).toBe(1_000);
    expect(limit.ask({ machines: 1 })).toBe(-NEXT);
    expect(limit.ask({ machines: 1, at: NEXT })).toBe(1);
  });

  it("waits for all machines of a call that needs all of them, up to the bucket's capacity", () => {
    const limit = openLimit();
    expect(limit.ask({ machines: 990 })).toBe(990);
    expect(limit.ask({ exactly: 12 })).toBe(-(SLACK + 1_000));
    const full = openLimit();
    expect(full.ask({ exactly: 5_000 })).toBe(1_000);
  });

  it("is granted what it requests if machines are not counted", () => {
    const limit = openLimit(READS);
    expect(limit.ask({ machines: 5_000 })).toBe(5_000);
    expect(limit.ask({ calls: 5 })).toBe(4);
  });
});

describe("several tenants", () => {
  it("take turns: the one served longest ago goes first", () => {
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

  it("let a single spawn go before the next call of a tenant with a thousand", () => {
    const limit = openLimit();
    expect(limit.ask({ tenant: "big", machines: 1_000 })).toBe(1_000);
    limit.ask({ tenant: "big", machines: 500, at: 10 });
    expect(limit.ask({ tenant: "small", machines: 1, at: 20 })).toBe(-(NEXT - 20));
    expect(limit.ask({ tenant: "small", machines: 1, at: NEXT })).toBe(1);
  });

  it("learn when it is their turn", () => {
    const limit = emptied();
    expect(limit.ask({ tenant: "a" })).toBe(-NEXT);
    expect(limit.ask({ tenant: "b" })).toBe(-(NEXT + 500));
    expect(limit.ask({ tenant: "c" })).toBe(-(NEXT + 1_000));
  });

  it("do not wait for a tenant that has not asked for seconds, or that has left", () => {
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

  it("take what they request of a well-filled bucket, although others wait for theirs", () => {
    const limit = openLimit();
    expect(limit.ask({ tenant: "big", machines: 1_000 })).toBe(1_000);
    limit.ask({ tenant: "big", machines: 500, at: 10 });
    // Ten machines are worth its call; it leaves the first of them to a tenant that needs only one.
    expect(limit.ask({ tenant: "small", machines: 1, at: 2_000 })).toBe(1);
    expect(limit.ask({ tenant: "small", machines: 1, at: 2_000 })).toBe(1);
  });

  it("get some machines left by a batch if they were active a moment ago", () => {
    const limit = openLimit();
    for (const tenant of ["b", "c", "d"]) expect(limit.ask({ tenant, machines: 1 })).toBe(1);
    expect(limit.ask({ tenant: "a", machines: 1_000, at: 3_000 })).toBe(997);
    expect(limit.ask({ tenant: "b", machines: 1, at: 3_000 })).toBe(1);
    const later = openLimit();
    expect(later.ask({ tenant: "b", machines: 1 })).toBe(1);
    expect(later.ask({ tenant: "a", machines: 1_000, at: 90_000 })).toBe(1_000);
  });
});

describe("the queues of one tenant", () => {
  it("are served in the order of arrival", () => {
    const limit = emptied();
    expect(limit.ask({ queueId: "2" })).toBe(-NEXT);
    expect(limit.ask({ queueId: "1", at: 1 })).toBe(-(NEXT + 499));
    expect(limit.ask({ queueId: "1", at: NEXT })).toBe(-500);
    expect(limit.ask({ queueId: "2", at: NEXT })).toBe(1);
    expect(limit.ask({ queueId: "1", at: NEXT + 500 })).toBe(1);
  });

  it("let another tenant have its turn between theirs", () => {
    const limit = emptied();
    for (const queueId of ["1", "2", "3"]) limit.ask({ queueId });
    expect(limit.ask({ tenant: "b", at: 10 })).toBe(-(NEXT - 10 + 500));
    expect(limit.ask({ queueId: "2", at: 10 })).toBe(-(NEXT - 10 + 1_000));
    expect(limit.ask({ queueId: "1", at: NEXT })).toBe(1);
    expect(limit.ask({ queueId: "2", at: NEXT + 500 })).toBe(-500);
    expect(limit.ask({ tenant: "b", at: NEXT + 500 })).toBe(1);
  });
});

describe("a throttle", () => {
  it("empties the calls, halves the pace and leaves half of the machines", () => {
    const limit = openLimit();
    expect(limit.ask({ machines: 1_000 })).toBe(1_000);
    const refused = { kind: "throttled", resources: 1_000, retryAfterMilliseconds: null } as const;
    limit.correct(refused);
    expect(limit.ask({ machines: 1_000 })).toBe(-(SLACK + 1_000));
    expect(limit.ask({ machines: 1_000, at: SLACK + 1_000 })).toBe(501);
  });

  it("pauses for as long as the provider asks", () => {
    const limit = openLimit(READS);
    limit.correct({ kind: "throttled", resources: 0, retryAfterMilliseconds: 7_000 });
    expect(limit.ask({})).toBe(-7_000);
    expect(limit.ask({ at: 6_999 })).toBe(-1);
    expect(limit.ask({ at: 7_000 })).toBe(1);
  });

  it("of a window pauses for a part of the window", () => {
    const minute = { capacity: 10, refill: 10, everyMilliseconds: 60_000, pace: "window" } as const;
    const limit = openLimit({ name: "Queries", requests: minute, resources: null });
    limit.correct({ kind: "throttled", resources: 0, retryAfterMilliseconds: null });
    expect(limit.ask({ calls: 9 })).toBe(-3_750);
    expect(limit.ask({ calls: 9, at: 3_750 })).toBe(5);
  });
});

describe("a clock", () => {
  it("that two processes read in turn neither takes tokens from the bucket nor adds any", () => {
    const limit = emptied();
    for (let time = 0; time < 400; time += 1) {
      expect(limit.ask({ queueId: "1", at: time + 1 })).toBeLessThan(0);
      expect(limit.ask({ queueId: "2", at: time })).toBeLessThan(0);
    }
    expect(limit.ask({ queueId: "1", at: NEXT - 1 })).toBeLessThan(0);
    expect(limit.ask({ queueId: "1", at: NEXT })).toBe(1);
  });

  it("that was set back makes no caller wait", () => {
    const limit = emptied();
    expect(limit.ask({ tenant: "b", at: 100 })).toBe(-(NEXT - 100));
    expect(limit.ask({ tenant: "c", at: -3_600_000 })).toBe(-(NEXT - 100 + 500));
    expect(limit.ask({ tenant: "b", at: -3_600_000 + NEXT })).toBe(1);
  });
});

it("remembers callers of the last minute, up to a limit", () => {
  const limit = openLimit(READS);
  for (let tenant = 0; tenant < 1_000; tenant += 1)
    limit.ask({ tenant: `t${tenant}`, at: tenant * 10 });
  expect(limit.waiters.length).toBeLessThanOrEqual(256 + 32);
  limit.ask({ tenant: "late", at: 200_000 });
  expect(limit.waiters.map(({ tenant }) => tenant)).toEqual(["late"]);
});
