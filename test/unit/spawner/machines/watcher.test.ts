import { describe, expect, it } from "vitest";
import { SlipwayError } from "../../../../src/errors.ts";
import { createMachineWatcher } from "../../../../src/spawner/machines/watcher.ts";
import type { Machine } from "../../../../src/substrate/contract.ts";
import { knownMachine } from "../../../../src/substrate/contract.ts";
import { createFakeClock } from "../../../../testing/fake-clock.ts";
import { createFakeAdapter } from "../../../../testing/substrate/fake-adapter.ts";

function watching(pollMilliseconds = 0) {
  const clock = createFakeClock();
  const fake = createFakeAdapter({ clock, images: [], capabilities: { pollMilliseconds } });
  const rounds: { readonly at: number; readonly ids: readonly string[] }[] = [];
  const start = clock.now();
  let failure: SlipwayError | null = null;
  const machine = (id: string): Machine => ({
    id,
    place: "engine-1",
    state: "running",
    end: null,
    architecture: null,
    artifact: null,
    addresses: { private: null, public: null },
    ports: [],
    launchIndex: null,
    ownership: null,
    createdAt: null,
  });
  const adapter = {
    ...fake,
    describe: (ids: readonly string[]) => {
      rounds.push({ at: clock.now() - start, ids });
      if (failure !== null) return Promise.reject(failure);
      return Promise.resolve(ids.map((id) => (id === "gone" ? null : machine(id))));
    },
  };
  const watcher = createMachineWatcher(adapter, clock);
  const { signal } = new AbortController();
  return {
    clock,
    rounds,
    look: (id: string, pause: number, ending = signal) => watcher.poll(id, pause, ending),
    fail: (error: SlipwayError | null) => (failure = error),
  };
}

describe("a machine watcher", () => {
  it("makes one call for all callers, with each machine once", async () => {
    const { clock, rounds, look } = watching();
    const ids = ["a", "b", "gone", "a"];
    const looked = Promise.all(ids.map((id) => look(id, 1_000)));
    const machines = await clock.runUntilSettled(looked);
    expect(machines.map((machine) => knownMachine(machine)?.id ?? null)).toEqual([
      "a",
      "b",
      null,
      "a",
    ]);
    expect(rounds).toEqual([{ at: 1_000, ids: ["a", "b", "gone"] }]);
  });

  it("serves a thousand callers with one call", async () => {
    const { clock, rounds, look } = watching();
    const ids = Array.from({ length: 1_000 }, (_, index) => `m-${index}`);
    await clock.runUntilSettled(Promise.all(ids.map((id, index) => look(id, 500 + (index % 400)))));
    expect(rounds).toHaveLength(1);
    expect(rounds[0]?.ids).toHaveLength(1_000);
  });

  it("leaves its provider the time between two calls that it asks for", async () => {
    const { clock, rounds, look } = watching(1_000);
    const looked: Promise<unknown>[] = [];
    for (let count = 0; count < 20; count += 1) {
      looked.push(look(`m-${count}`, 0), look(`late-${count}`, 50));
      await clock.advance(100);
    }
    await clock.runUntilSettled(Promise.all(looked));
    expect(rounds.map(({ at }) => at)).toEqual([0, 1_000, 2_000]);
    expect(new Set(rounds.flatMap(({ ids }) => ids)).size).toBe(40);
  });

  it("includes callers whose pause is half over, and leaves the others their time", async () => {
    const { clock, rounds, look } = watching();
    const looked = [look("soon", 1_000), look("half", 2_000), look("late", 2_002)];
    await clock.runUntilSettled(Promise.all(looked));
    expect(rounds).toEqual([
      { at: 1_000, ids: ["soon", "half"] },
      { at: 2_002, ids: ["late"] },
    ]);
  });

  it("wakes up for a later caller that is due sooner", async () => {
    const { clock, rounds, look } = watching();
    const late = look("late", 60_000);
    await clock.advance(10);
    await clock.runUntilSettled(look("soon", 20));
    expect(rounds).toEqual([{ at: 30, ids: ["soon"] }]);
    await clock.runUntilSettled(late);
    expect(rounds.at(-1)).toEqual({ at: 60_000, ids: ["late"] });
  });

  it("makes no call for callers that have left, and does not stay awake for them", async () => {
    const { clock, rounds, look } = watching();
    const leaving = new AbortController();
    const left = look("left", 1_000, leaving.signal);
    await clock.advance(10);
    leaving.abort(new Error("no more"));
    await expect(left).rejects.toThrow("no more");
    await clock.runUntilIdle();
    expect([rounds, clock.sleeping]).toEqual([[], 0]);
    await expect(look("late", 10, leaving.signal)).rejects.toThrow("no more");
    await clock.runUntilSettled(look("next", 10));
    expect(rounds.map(({ ids }) => ids)).toEqual([["next"]]);
  });

  it("passes a call's failure to all its callers, and continues with the next", async () => {
    const { clock, rounds, look, fail } = watching();
    const error = new SlipwayError({
      code: "UNAVAILABLE",
      reason: "ENGINE_UNAVAILABLE",
      message: "no",
    });
    fail(error);
    const looked = Promise.allSettled([look("a", 10), look("b", 10)]);
    const outcomes = await clock.runUntilSettled(looked);
    expect(outcomes.map((one) => one.status === "rejected" && one.reason)).toEqual([error, error]);
    fail(null);
    expect(await clock.runUntilSettled(look("a", 10))).toMatchObject({ id: "a" });
    expect(rounds).toHaveLength(2);
  });
});
