import { describe, expect, it } from "vitest";
import { SLACK } from "../../../src/pacing/buckets.ts";
import { createGovernor } from "../../../src/pacing/governor.ts";
import type { AdmissionRequest } from "../../../src/pacing/governor.ts";
import type { RateRequest } from "../../../src/pacing/contract.ts";
import { createMemoryLedger } from "../../../src/ledger/memory-ledger.ts";
import type { RateLimit } from "../../../src/pacing/rates.ts";
import { createFakeClock, settle } from "../../../testing/fake-clock.ts";

const second = { everyMilliseconds: 1_000, pace: "continuous" } as const;
const LAUNCHES: RateLimit = {
  name: "RunInstances",
  requests: { capacity: 5, refill: 2, ...second },
  resources: { capacity: 1_000, refill: 2, ...second },
};
const READS: RateLimit = {
  name: "DescribeImages",
  requests: { capacity: 100, refill: 20, ...second },
  resources: null,
};
const SCOPE = "account 1234 in us-east-1";
const NEXT = SLACK + 500;

/** Processes on one ledger in virtual time, and when each of their calls was admitted. */
function scene(processes = 1) {
  const clock = createFakeClock();
  const start = clock.now();
  const memory = createMemoryLedger();
  const asks: RateRequest[] = [];
  const ledger = {
    ...memory,
    spend: (ask: RateRequest) => {
      asks.push(ask);
      return memory.spend(ask);
    },
  };
  const governors = Array.from({ length: processes }, (_, index) =>
    createGovernor({ store: ledger, clock, queueId: `worker-${index}`, isGone: () => false }),
  );
  const [governor] = governors;
  if (governor === undefined) throw new Error("there is no process");
  const gone: string[] = [];
  const go = async (name: string, given: Partial<AdmissionRequest> = {}, process = 0) => {
    const { signal = new AbortController().signal, ...change } = { signal: undefined, ...given };
    const admission = { scope: SCOPE, limit: LAUNCHES, tenant: "a", resources: () => 1, ...change };
    const granted = await (governors[process] ?? governor).admit(admission, signal);
    gone.push(`${name} ${granted.resources} at ${clock.now() - start}`);
  };
  /** A call without machines. */
  const call = async (name: string, signal = new AbortController().signal) => {
    const admission = { scope: SCOPE, limit: LAUNCHES, tenant: "a" };
    await governor.admit(admission, signal);
    gone.push(`${name} at ${clock.now() - start}`);
  };
  return { clock, governor, ledger, asks, gone, go, call };
}

describe("admit", () => {
  it("admits at once what a full bucket allows, for as many machines as are wanted", async () => {
    const { go, gone } = scene();
    await go("burst", { resources: () => 1_200 });
    expect(gone).toEqual(["burst 1000 at 0"]);
  });

  it("lets each call wait for its turn, in the order of arrival", async () => {
    const { clock, go, gone } = scene();
    await clock.runUntilSettled(
      Promise.all(["1", "2", "3", "4", "5", "6", "7"].map((name) => go(name))),
    );
    expect(gone.slice(4)).toEqual(["5 1 at 0", `6 1 at ${NEXT}`, `7 1 at ${NEXT + 500}`]);
  });

  it("determines at each attempt for how many machines the call would be", async () => {
    const { clock, go, gone } = scene();
    await go("burst", { resources: () => 1_000 });
    let wanted = 1;
    const waiting = go("later", { resources: () => wanted });
    await clock.advance(100);
    wanted = 3;
    await clock.runUntilSettled(waiting);
    expect(gone.at(-1)).toBe(`later 3 at ${SLACK + 1_500}`);
  });

  it("spends nothing if no machine is wanted any longer", async () => {
    const { go, gone, asks } = scene();
    await go("nobody", { resources: () => 0 });
    expect(gone).toEqual(["nobody 0 at 0"]);
    expect(asks).toEqual([]);
  });

  it("admits calls without machines that arrive together in one write", async () => {
    const { gone, asks, call } = scene();
    await Promise.all(["1", "2", "3"].map((name) => call(name)));
    expect(gone).toEqual(["1 at 0", "2 at 0", "3 at 0"]);
    expect(asks.length).toBe(1);
  });

  it("passes a failure of the ledger to all waiting calls, and works again afterwards", async () => {
    const { governor, ledger } = scene();
    const { spend } = ledger;
    ledger.spend = () => Promise.reject(new Error("busy"));
    const admission = { scope: SCOPE, limit: READS, tenant: "a" };
    const { signal } = new AbortController();
    const both = [governor.admit(admission, signal), governor.admit(admission, signal)];
    const settled = await Promise.allSettled(both);
    expect(settled.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    ledger.spend = spend;
    expect(await governor.admit(admission, signal)).toEqual({ resources: 0, spent: null });
  });

  it("reports what a call waits for, and for how long approximately", async () => {
    const { clock, go, gone } = scene();
    await Promise.all(["1", "2", "3", "4", "5"].map((name) => go(name)));
    const told: string[] = [];
    const onWait = (milliseconds: number, what: string) => told.push(`${milliseconds} ${what}`);
    const waiting = Promise.all([go("6", { onWait }), go("7", { onWait })]);
    await clock.runUntilSettled(waiting);
    expect(told).toEqual([
      `${NEXT} RunInstances of ${SCOPE}`,
      `${NEXT + 500} RunInstances of ${SCOPE}`,
    ]);
    expect(gone.length).toBe(7);
  });

  it("reports again every five seconds", async () => {
    const { clock, governor, go } = scene();
    await governor.noteThrottle({ scope: SCOPE, limit: LAUNCHES, tenant: "a" }, 12_000);
    const told: number[] = [];
    const waiting = go("late", { onWait: (milliseconds) => told.push(milliseconds) });
    await clock.runUntilSettled(waiting);
    expect(told).toEqual([12_000, 6_000]);
  });
});

describe("a caller that leaves", () => {
  it("leaves at once, and the next one is first", async () => {
    const { clock, governor, go, gone } = scene();
    await Promise.all(["1", "2", "3", "4", "5"].map((name) => go(name)));
    const controller = new AbortController();
    const admission = { scope: SCOPE, limit: LAUNCHES, tenant: "a", resources: () => 1 };
    const leaving = governor.admit(admission, controller.signal);
    const next = go("next");
    await clock.advance(100);
    controller.abort(new Error("enough"));
    await expect(leaving).rejects.toThrow("enough");
    await clock.runUntilSettled(next);
    expect(gone.at(-1)).toBe(`next 1 at ${NEXT}`);
  });

  it("does not delay another tenant", async () => {
    const { clock, governor, go, gone } = scene();
    await Promise.all(["1", "2", "3", "4", "5"].map((name) => go(name)));
    const controller = new AbortController();
    const admission = { scope: SCOPE, limit: LAUNCHES, tenant: "b", resources: () => 1 };
    const leaving = governor.admit(admission, controller.signal);
    await clock.advance(10);
    controller.abort(new Error("enough"));
    await expect(leaving).rejects.toThrow("enough");
    await settle();
    await clock.runUntilSettled(go("other", { tenant: "c" }));
    expect(gone.at(-1)).toBe(`other 1 at ${NEXT}`);
  });

  it("returns what it is granted in the meantime", async () => {
    const { clock, governor, ledger, go, gone } = scene();
    const controller = new AbortController();
    const { spend } = ledger;
    ledger.spend = async (ask) => {
      const answer = await spend(ask);
      controller.abort(new Error("enough"));
      return answer;
    };
    const admission = { scope: SCOPE, limit: LAUNCHES, tenant: "a", resources: () => 1_000 };
    await expect(governor.admit(admission, controller.signal)).rejects.toThrow("enough");
    ledger.spend = spend;
    await settle();
    await clock.runUntilSettled(Promise.all(["1", "2", "3", "4"].map((name) => go(name))));
    await go("burst", { resources: () => 996 });
    expect(gone.at(-1)).toBe("burst 996 at 0");
  });

  it("is never admitted with a signal that is aborted already", async () => {
    const { governor, asks } = scene();
    const admission = { scope: SCOPE, limit: LAUNCHES, tenant: "a" };
    await expect(governor.admit(admission, AbortSignal.abort(new Error("no")))).rejects.toThrow(
      "no",
    );
    expect(asks).toEqual([]);
  });
});

describe("several tenants and processes", () => {
  it("share the buckets and take turns", async () => {
    const { clock, go, gone } = scene(2);
    const calls = [0, 1].flatMap((process) =>
      ["a", "b"].flatMap((tenant) =>
        [1, 2, 3, 4].map((number) => go(`${tenant}${process}${number}`, { tenant }, process)),
      ),
    );
    await clock.runUntilSettled(Promise.all(calls));
    const later = gone.slice(5);
    expect(later.map((each) => Number(each.split(" at ")[1]))).toEqual(
      later.map((_, index) => NEXT + index * 500),
    );
    const tenants = later.map((each) => each[0]);
    const inTurn = tenants.slice(0, 8);
    expect(inTurn.filter((tenant, index) => tenant === inTurn[index - 1])).toEqual([]);
  });

  it("admit a single spawn within two seconds, although another tenant wants thousands", async () => {
    const { clock, go, gone } = scene(2);
    const big: Promise<void>[] = [];
    for (let batch = 0; batch < 3; batch += 1)
      big.push(go(`big${batch}`, { tenant: "big", resources: () => 1_000 }));
    await clock.advance(10);
    const small = go("small", { tenant: "small" }, 1);
    await clock.runUntilSettled(small);
    expect(gone.at(-1)).toBe(`small 1 at ${NEXT}`);
    await clock.runUntilSettled(Promise.all(big));
  });
});

describe("the pace of an adapter", () => {
  it("is one turn of its tenant for each call, with all its machines", async () => {
    const { clock, governor, asks } = scene();
    const pace = governor.pace("b");
    const { signal } = new AbortController();
    await pace.wait({ scope: SCOPE, limit: READS }, signal);
    await clock.runUntilSettled(pace.wait({ scope: SCOPE, limit: LAUNCHES, resources: 7 }, signal));
    expect(
      asks.map(({ tenant, requests, resources }) => ({ tenant, requests, resources })),
    ).toEqual([
      { tenant: "b", requests: 1, resources: null },
      { tenant: "b", requests: 1, resources: { minimum: 7, maximum: 7 } },
    ]);
  });

  it("is slower after a throttle", async () => {
    const { clock, governor, go, gone } = scene();
    await governor.pace("a").throttled({ scope: SCOPE, limit: LAUNCHES }, null);
    await clock.runUntilSettled(Promise.all([go("1"), go("2")]));
    expect(gone).toEqual([`1 1 at ${SLACK + 1_000}`, `2 1 at ${SLACK + 2_000}`]);
  });
});

it("is refunded for machines that were refused", async () => {
  const { clock, governor, asks, go, gone } = scene();
  await go("burst", { resources: () => 1_000 });
  const admission = { scope: SCOPE, limit: LAUNCHES, tenant: "a" };
  await governor.noteRefusal(admission, { resources: 400, granted: clock.now(), token: null });
  await go("rest", { resources: () => 400 });
  expect(gone.at(-1)).toBe("rest 400 at 0");
  expect(asks.length).toBe(2);
});

describe("a launch whose record took long", () => {
  const admission = { scope: SCOPE, limit: LAUNCHES, tenant: "a" };
  const { signal } = new AbortController();

  it("is made at once within a tenth of a second", async () => {
    const { clock, governor, asks, go } = scene();
    await go("burst", { resources: () => 1_000 });
    const at = clock.now();
    await clock.advance(100);
    await governor.readmit({ ...admission, resources: 1_000, at }, signal);
    expect(asks.length).toBe(1);
  });

  it("goes before all others if nothing was made in the meantime", async () => {
    const { clock, governor, go, gone } = scene();
    const at = clock.now();
    await Promise.all(["1", "2", "3", "4", "5"].map((name) => go(name)));
    await clock.advance(400);
    const waiting = go("next");
    await settle();
    const all = [1, 2, 3, 4, 5].map(() =>
      governor.readmit({ ...admission, resources: 1, at }, signal),
    );
    await Promise.all(all);
    expect(clock.now() - at).toBe(400);
    await clock.runUntilSettled(waiting);
    expect(gone.at(-1)).toBe(`next 1 at ${400 + NEXT}`);
  });

  it("waits for the tokens that later calls have taken", async () => {
    const { clock, governor, go, gone } = scene();
    const at = clock.now();
    await go("burst", { resources: () => 1_000 });
    await clock.advance(NEXT);
    await go("single");
    expect(gone.at(-1)).toBe(`single 1 at ${NEXT}`);
    const late = governor.readmit({ ...admission, resources: 1_000, at }, signal);
    await clock.runUntilSettled(late);
    expect(clock.now() - at).toBeGreaterThanOrEqual(NEXT + 500);
    expect(clock.now() - at).toBeLessThan(NEXT + 1_500);
  });
});
