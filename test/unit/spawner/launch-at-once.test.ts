import { describe, expect, it } from "vitest";
import { createSpawnerRuntime, spawnPlan } from "../../../src/spawner/spawn.ts";
import { createGovernor } from "../../../src/pacing/governor.ts";
import type { Ledger } from "../../../src/ledger/ledger.ts";
import { createMemoryLedger } from "../../../src/ledger/memory-ledger.ts";
import type { SpawnRequest } from "../../../src/spawner/spawn.ts";
import type { RateBucket } from "../../../src/pacing/rates.ts";
import { createFakeClock } from "../../../testing/fake-clock.ts";
import type { FakeClock } from "../../../testing/fake-clock.ts";
import { BATCH, burstWorld, ONE_A_SECOND } from "../../support/burst-world.ts";
import { samplePlan } from "../../support/sample-plan.ts";

/** A spawner with a rate of one launch a second, and the requests that it makes of its ledger. */
function ratedWorld(
  changes: (ledger: Ledger, clock: FakeClock) => Partial<Ledger> = () => ({}),
  resources: RateBucket | null = null,
) {
  const launch = { name: "Launch", requests: ONE_A_SECOND, resources };
  const here = burstWorld({
    callMilliseconds: 1,
    capabilities: { batch: BATCH, rates: { scope: "here", launch } },
  });
  const told: string[] = [];
  const kept = { ...here.ports.ledger, ...changes(here.ports.ledger, here.clock) };
  const ledger: Ledger = {
    ...kept,
    async begin(spawns, spending) {
      const begun = await kept.begin(spawns, spending);
      told.push(`begin ${spawns.length} ${typeof spending}: ${begun.created ? "begun" : "not"}`);
      return begun;
    },
    async spend(ask) {
      const answer = await kept.spend(ask);
      told.push(`spend: ${answer.granted ? "granted" : "not"}`);
      return answer;
    },
  };
  const runtime = createSpawnerRuntime({ ...here.ports, ledger });
  const begin = (spawnId: string, wish: Partial<SpawnRequest> = {}) =>
    spawnPlan(runtime, here.request({ spawnId, ...wish }));
  return { ...here, begin, told };
}

describe("a lone launch that waits for no other", () => {
  it("requests its turn with its record", async () => {
    const { begin, clock, told, calls } = ratedWorld();
    await clock.runUntilSettled(begin("one"));
    expect(told).toEqual(["begin 1 function: begun"]);
    expect(calls).toEqual([{ at: 0, place: "engine-1", members: ["one"] }]);
  });

  it("has spent it: the next launch has to wait in the queue", async () => {
    const { begin, clock, told, calls } = ratedWorld();
    await clock.runUntilSettled(begin("one"));
    await clock.runUntilSettled(begin("two"));
    expect(told.slice(1)).toEqual([
      "begin 1 function: not",
      "spend: not",
      "spend: granted",
      "begin 1 object: begun",
    ]);
    expect(calls[1]?.at).toBeGreaterThanOrEqual(1_000);
  });

  it("does not go before a launch that waits already", async () => {
    const { begin, clock, told, calls } = ratedWorld();
    await clock.runUntilSettled(begin("one"));
    const second = begin("two");
    await clock.advance(900);
    // With another plan, so that it does not go with the waiting one.
    const third = begin("three", {
      subject: "another",
      plan: samplePlan({ workspace: "another" }),
    });
    await clock.runUntilSettled(Promise.all([second, third]));
    expect(told.filter((one) => one.includes("function"))).toHaveLength(2);
    expect(calls.map(({ members }) => members)).toEqual([["one"], ["two"], ["three"]]);
  });

  it("learns of a spawn that exists already, and spends nothing", async () => {
    const { begin, clock, told, calls } = ratedWorld();
    await clock.runUntilSettled(begin("one"));
    await clock.advance(5_000);
    await clock.runUntilSettled(begin("one"));
    await clock.runUntilSettled(begin("two"));
    expect(told).toEqual([
      "begin 1 function: begun",
      "begin 1 function: not",
      "begin 1 function: begun",
    ]);
    expect(calls.map(({ members }) => members)).toEqual([["one"], ["two"]]);
  });

  it("leaves nothing behind if it is cancelled while its request is refused", async () => {
    const leaving = new AbortController();
    const { begin, clock, ledger, told } = ratedWorld((kept) => ({
      async begin(spawns, spending) {
        const begun = await kept.begin(spawns, spending);
        if (spawns[0]?.spawnId === "gone") leaving.abort();
        return begun;
      },
    }));
    await clock.runUntilSettled(begin("one"));
    const gone = begin("gone", { signal: leaving.signal });
    await expect(clock.runUntilSettled(gone)).rejects.toMatchObject({ code: "CANCELLED" });
    expect(await ledger.find({ tenant: "default", spawnId: "gone" })).toBeNull();
    expect(told).toEqual(["begin 1 function: begun", "begin 1 function: not"]);
  });

  it.each(["signal", "detach"])(
    "is not recorded if it is cancelled (%s) while its record waits for a slow disk",
    async (which) => {
      const leaving = new AbortController();
      const { begin, clock, ledger, told, calls } = ratedWorld((kept, time) => ({
        async begin(spawns, spending) {
          await time.sleep(3_000);
          return await kept.begin(spawns, spending);
        },
      }));
      const start = clock.now();
      const gone = begin("gone", { [which]: leaving.signal });
      const heard = gone.then(
        () => null,
        () => clock.now() - start,
      );
      await clock.advance(1_000);
      leaving.abort();
      expect(await clock.runUntilSettled(heard)).toBe(1_000);
      await clock.advance(10_000);
      expect(told).toEqual(["begin 1 function: not"]);
      expect(await ledger.find({ tenant: "default", spawnId: "gone" })).toBeNull();
      expect(calls).toEqual([]);
    },
  );

  it("goes together with those that arrive while its record waits", async () => {
    let isSlow = true;
    const { begin, clock, calls } = ratedWorld((kept, time) => ({
      async begin(spawns, spending) {
        if (isSlow) await time.sleep(100);
        isSlow = false;
        return await kept.begin(spawns, spending);
      },
    }));
    const spawns = [begin("first")];
    await clock.advance(10);
    spawns.push(begin("second"), begin("third"));
    await clock.runUntilSettled(Promise.all(spawns));
    expect(calls).toEqual([{ at: 100, place: "engine-1", members: ["first", "second", "third"] }]);
  });

  it("stays in front of those that arrive while its request is refused", async () => {
    // One machine a second, so that no two go together.
    const { begin, clock, calls } = ratedWorld(
      (kept, time) => ({
        async begin(spawns, spending) {
          const begun = await kept.begin(spawns, spending);
          if (!begun.created) await time.sleep(50);
          return begun;
        },
      }),
      ONE_A_SECOND,
    );
    await clock.runUntilSettled(begin("before"));
    const spawns = [begin("first")];
    await clock.advance(10);
    spawns.push(begin("second"), begin("third"));
    await clock.runUntilSettled(Promise.all(spawns));
    const order = calls.map(({ members }) => members.join());
    expect(order).toEqual(["before", "first", "second", "third"]);
  });

  it("reports why it could not be recorded, and delays no other launch", async () => {
    let isFull = true;
    const { begin, clock, calls } = ratedWorld((kept) => ({
      async begin(spawns, spending) {
        if (isFull) throw new RangeError("the disk is full");
        return await kept.begin(spawns, spending);
      },
    }));
    await expect(clock.runUntilSettled(begin("one"))).rejects.toThrow("the disk is full");
    isFull = false;
    await clock.runUntilSettled(begin("two"));
    expect(calls).toEqual([{ at: 0, place: "engine-1", members: ["two"] }]);
  });

  it("counts from when it was admitted, however long its record has waited", async () => {
    const { begin, clock, told, calls } = ratedWorld((kept, time) => ({
      async begin(spawns, spending) {
        await time.sleep(3_000);
        return await kept.begin(spawns, spending);
      },
    }));
    await clock.runUntilSettled(begin("one"));
    // Not late, and not requested a second time.
    expect(told).toEqual(["begin 1 function: begun"]);
    expect(calls.map(({ at }) => at)).toEqual([3_000]);
  });
});

describe("its request", () => {
  it("is for one machine at the time of its record, and null if others wait here", async () => {
    const clock = createFakeClock();
    const ledger = createMemoryLedger();
    const governor = createGovernor({ store: ledger, clock, queueId: "here", isGone: () => false });
    const limit = { name: "Launch", requests: ONE_A_SECOND, resources: ONE_A_SECOND };
    const admission = { scope: "here", limit, tenant: "a" };
    const ask = governor.requestAtOnce(admission);
    await clock.advance(700);
    const one = { requests: 1, resources: { minimum: 1, maximum: 1 } };
    expect(ask?.()).toMatchObject({ ...admission, ...one, queueId: "here", now: clock.now() });
    const { signal } = new AbortController();
    const wanted = { ...admission, resources: () => 1 };
    const both = Promise.all([governor.admit(wanted, signal), governor.admit(wanted, signal)]);
    await clock.advance(1);
    expect(ask?.()).toBeNull();
    expect(governor.requestAtOnce(admission)).toBeNull();
    expect(governor.requestAtOnce({ ...admission, tenant: "b" })).not.toBeNull();
    await clock.runUntilSettled(both);
    expect(ask?.()).not.toBeNull();
  });
});
