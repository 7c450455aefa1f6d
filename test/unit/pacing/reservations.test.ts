import { describe, expect, it } from "vitest";
import { openLimit, START } from "../../support/spawner/open-limit.ts";

describe("a process that ends before its launch is on record", () => {
  it("leaves its reservation to the next one", () => {
    const limit = openLimit();
    expect(limit.ask({ queueId: "dead", machines: 1_000 })).toBe(1_000);
    limit.end("dead");
    expect(limit.ask({ at: 60_000, queueId: "2", machines: 1_000 })).toBe(1_000);
    expect(limit.reservations.map(({ queueId }) => queueId)).toEqual(["2"]);
  });

  it("returns no more than the provider's bucket can hold", () => {
    const limit = openLimit();
    limit.ask({ queueId: "dead", machines: 600 });
    limit.ask({ at: 1_000, queueId: "2", machines: 390 });
    limit.end("dead");
    // The provider's bucket was full until the second launch: tokens have only returned there since.
    expect(limit.ask({ at: 30_000, queueId: "3", machines: 700 })).toBeLessThanOrEqual(610 + 58);
  });

  it("keeps a launch that is on record: its recovery makes that launch", () => {
    const limit = openLimit();
    expect(limit.ask({ queueId: "dead", machines: 1_000 })).toBe(1_000);
    const [reservation] = limit.reservations;
    if (reservation === undefined) throw new Error("there is no reservation");
    limit.recorded(reservation);
    expect(limit.reservations).toEqual([]);
    limit.end("dead");
    expect(limit.ask({ at: 1_000, queueId: "2", exactly: 1_000 })).toBeLessThan(0);
  });

  it("has its reservation released whatever the clock does, and however long the record takes", () => {
    const limit = openLimit();
    limit.ask({ at: 10_000, queueId: "1", machines: 400 });
    const [reservation] = limit.reservations;
    if (reservation === undefined) throw new Error("there is no reservation");
    limit.ask({ at: 0, queueId: "2", machines: 1 });
    limit.ask({ at: 30_000, queueId: "2", machines: 500 });
    limit.recorded(reservation);
    expect(limit.reservations.map(({ queueId }) => queueId)).toEqual(["2"]);
    // Nothing has returned too early: 1,000 less 901, and 60 in 30 seconds.
    expect(limit.ask({ at: 30_000, queueId: "3", machines: 1_000 })).toBeLessThanOrEqual(159);
  });

  it("loses its reservation after the bucket has refilled; one machine is not worth a reservation", () => {
    const limit = openLimit();
    limit.ask({ queueId: "1", machines: 1 });
    expect(limit.reservations).toEqual([]);
    limit.ask({ at: 1_000, queueId: "1", machines: 500 });
    limit.ask({ at: 700_000, queueId: "2", machines: 1 });
    expect(limit.reservations).toEqual([]);
  });
});

it("refunds once what two processes report of one launch", () => {
  const limit = openLimit();
  limit.ask({ machines: 1_000 });
  const refused = { kind: "refused", resources: 400, granted: START, token: "a" } as const;
  limit.correct(refused, { at: 500 });
  limit.correct(refused, { at: 1_000 });
  expect(limit.ask({ at: 1_000, queueId: "2", machines: 1_000 })).toBe(400);
});

it("refunds no more of a refusal than the provider's bucket can hold", () => {
  const limit = openLimit();
  limit.ask({ machines: 10 });
  limit.ask({ at: 1_000, queueId: "2", machines: 990 });
  // The provider's bucket was full until the second launch: the tokens of that second did not return there.
  limit.correct({ kind: "refused", resources: 10, granted: START, token: "a" }, { at: 2_000 });
  expect(limit.ask({ at: 2_000, queueId: "3", machines: 1_000 })).toBeLessThanOrEqual(12);
});
