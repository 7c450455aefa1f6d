import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createFakeClock } from "../../../testing/fake-clock.ts";

describe("createFakeClock", () => {
  it("stands still until it is advanced", async () => {
    const clock = createFakeClock(1_000);
    const woke: string[] = [];
    void clock.sleep(10).then(() => woke.push("slept"));
    await clock.advance(9);
    expect(woke).toEqual([]);
    expect(clock.now()).toBe(1_009);
    await clock.advance(1);
    expect(woke).toEqual(["slept"]);
    expect(clock.sleeping).toBe(0);
  });

  it("shows the due time at each wake-up, not the end of the advance", async () => {
    const clock = createFakeClock(0);
    const times: number[] = [];
    const work = async () => {
      await clock.sleep(30);
      times.push(clock.now());
      await clock.sleep(30);
      times.push(clock.now());
    };
    void work();
    await clock.advance(100);
    expect(times).toEqual([30, 60]);
    expect(clock.now()).toBe(100);
  });

  it("ends sleeps in the order of due times, and equal ones in the order in which they began", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(5)), async (delays) => {
        const clock = createFakeClock(0);
        const woke: { due: number; index: number }[] = [];
        for (const [index, due] of delays.entries())
          void clock.sleep(due).then(() => woke.push({ due, index }));
        await clock.runUntilIdle();
        const expected = delays
          .map((due, index) => ({ due, index }))
          .toSorted((left, right) => left.due - right.due || left.index - right.index);
        expect(woke).toEqual(expected);
      }),
      { numRuns: 30 },
    );
  });

  it("completes the work after one wake-up before the next wake-up", async () => {
    const clock = createFakeClock(0);
    const steps: string[] = [];
    const work = async (name: string) => {
      await clock.sleep(5);
      steps.push(`${name} woke`);
      await Promise.resolve();
      await Promise.resolve();
      steps.push(`${name} went on`);
    };
    void work("first");
    void work("second");
    await clock.runUntilIdle();
    expect(steps).toEqual(["first woke", "first went on", "second woke", "second went on"]);
  });

  it("rejects a sleep with the reason of its signal, aborted before or during the sleep", async () => {
    const clock = createFakeClock();
    const early = new Error("early");
    await expect(clock.sleep(5, AbortSignal.abort(early))).rejects.toBe(early);
    const controller = new AbortController();
    const sleeping = clock.sleep(5, controller.signal);
    const late = new Error("late");
    controller.abort(late);
    await expect(sleeping).rejects.toBe(late);
    expect(clock.sleeping).toBe(0);
  });

  it("ignores a signal that is aborted after the sleep", async () => {
    const clock = createFakeClock();
    const controller = new AbortController();
    const sleeping = clock.sleep(5, controller.signal);
    await clock.advance(5);
    controller.abort();
    await expect(sleeping).resolves.toBeUndefined();
  });

  it("treats a time in the past as now", async () => {
    const clock = createFakeClock(50);
    const sleeping = clock.sleep(-10);
    await clock.advance(0);
    await sleeping;
    expect(clock.now()).toBe(50);
  });

  it("runs until a promise has resolved or rejected, and no further", async () => {
    const clock = createFakeClock(0);
    void clock.sleep(1_000);
    const answer = clock.sleep(40).then(() => "done");
    await expect(clock.runUntilSettled(answer)).resolves.toBe("done");
    expect(clock.now()).toBe(40);
    const failure = clock.sleep(1).then(() => Promise.reject(new Error("no")));
    await expect(clock.runUntilSettled(failure)).rejects.toThrow("no");
  });

  it("throws if time alone cannot settle a promise", async () => {
    const { promise } = Promise.withResolvers<never>();
    await expect(createFakeClock().runUntilSettled(promise)).rejects.toThrow(
      "something other than the fake clock",
    );
  });
});
