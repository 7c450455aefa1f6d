import { describe, expect, it } from "vitest";
import { openLimit, START } from "../../support/spawner/open-limit.ts";

describe("a process that ends before its launch is on record", () => {
  it("leaves what it was granted to the next one", () => {
    const limit = openLimit();
    expect(limit.ask({ queueId: "dead", machines: 1_000 })).toBe(1_000);
    limit.end("dead");
    expect(limit.ask({ at: 60_000, queueId: "2", machines: 1_000 })).toBe(1_000);
    expect(limit.reservations.map(({ queueId }) => queueId)).toEqual(["2"]);
  });

  it("gives back no more than the provider's bucket has by then", () => {
    const limit = openLimit();
    limit.ask({ queueId: "dead", machines: 600 });
    limit.ask({ at: 1_000, queueId: "2", machines: 390 });
    limit.end("dead");
    // The provider's has stood full until the second launch: nothing has come back there but since then.
    expect(limit.ask({ at: 30_000, queueId: "3", machines: 700 })).toBeLessThanOrEqual(610 + 58);
  });

  it("takes along what is on record: whoever recovers it makes that launch", () => {
    const limit = openLimit();
    expect(limit.ask({ queueId: "dead", machines: 1_000 })).toBe(1_000);
    const [held] = limit.reservations;
    if (held === undefined) throw new Error("nothing is held");
    limit.recorded(held);
    expect(limit.reservations).toEqual([]);
    limit.end("dead");
    expect(limit.ask({ at: 1_000, queueId: "2", exactly: 1_000 })).toBeLessThan(0);
  });

  it("is known whatever the clock does, and however long the record takes", () => {
    const limit = openLimit();
    limit.ask({ at: 10_000, queueId: "1", machines: 400 });
    const [held] = limit.reservations;
    if (held === undefined) throw new Error("nothing is held");
    limit.ask({ at: 0, queueId: "2", machines: 1 });
    limit.ask({ at: 30_000, queueId: "2", machines: 500 });
    limit.recorded(held);
    expect(limit.reservations.map(({ queueId }) => queueId)).toEqual(["2"]);
    // Nothing has come back that was not to: 1,000 less 901, and 60 in 30 seconds.
    expect(limit.ask({ at: 30_000, queueId: "3", machines: 1_000 })).toBeLessThanOrEqual(159);
  });

  it("is not waited for: by then the bucket is full again, and one machine is not worth a note", () => {
    const limit = openLimit();
    limit.ask({ queueId: "1", machines: 1 });
    expect(limit.reservations).toEqual([]);
    limit.ask({ at: 1_000, queueId: "1", machines: 500 });
    limit.ask({ at: 700_000, queueId: "2", machines: 1 });
    expect(limit.reservations).toEqual([]);
  });
});

it("gives back once what two processes say of one launch", () => {
  const limit = openLimit();
  limit.ask({ machines: 1_000 });
  const refused = { kind: "refused", resources: 400, granted: START, token: "a" } as const;
  limit.correct(refused, { at: 500 });
  limit.correct(refused, { at: 1_000 });
  expect(limit.ask({ at: 1_000, queueId: "2", machines: 1_000 })).toBe(400);
});

it("gives back no more of what was refused than its provider's bucket has by then", () => {
  const limit = openLimit();
  limit.ask({ machines: 10 });
  limit.ask({ at: 1_000, queueId: "2", machines: 990 });
  // The provider's was full until the second launch: what came back here in that second did not come back there.
  limit.correct({ kind: "refused", resources: 10, granted: START, token: "a" }, { at: 2_000 });
  expect(limit.ask({ at: 2_000, queueId: "3", machines: 1_000 })).toBeLessThanOrEqual(12);
});
