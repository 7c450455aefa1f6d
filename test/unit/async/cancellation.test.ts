import { setTimeout as delay } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import {
  anyOf,
  cancellation,
  createDeadline,
  crowdSignals,
  onAbort,
  pause,
  raceWithDetach,
  throwIfCancelled,
} from "../../../src/async/cancellation.ts";
import { invalidArgument } from "../../../src/errors.ts";

describe("cancellation", () => {
  it("says what was cancelled, and keeps why as the cause", () => {
    const error = cancellation(AbortSignal.abort(new Error("key pressed")), "the pull");
    expect(error).toMatchObject({
      code: "CANCELLED",
      reason: "INTERRUPTED",
      message: "the pull was cancelled",
      remedy: "Run it again when you are ready.",
      cause: { message: "key pressed" },
    });
  });

  it("distinguishes a timeout from a cancellation", () => {
    const timeout = new DOMException("too late", "TimeoutError");
    expect(cancellation(AbortSignal.abort(timeout), "the pull")).toMatchObject({
      code: "DEADLINE_EXCEEDED",
      reason: "TIMED_OUT",
      message: "the pull timed out",
      remedy: "Run it again, with a longer timeout if that may be enough.",
    });
  });

  it("passes on a reason that is an error of ours", () => {
    const reason = invalidArgument("USAGE", "no");
    expect(cancellation(AbortSignal.abort(reason), "the pull")).toBe(reason);
  });
});

describe("throwIfCancelled", () => {
  it("throws for an aborted signal and for no other", () => {
    expect(() => throwIfCancelled(new AbortController().signal, "it")).not.toThrow();
    expect(() => throwIfCancelled(AbortSignal.abort(), "it")).toThrow("it was cancelled");
  });
});

describe("onAbort", () => {
  it("calls the listener once, at the abort or at once if that has happened", () => {
    const calls: string[] = [];
    const controller = new AbortController();
    using _before = onAbort(controller.signal, () => calls.push("before"));
    expect(calls).toEqual([]);
    controller.abort();
    using _after = onAbort(controller.signal, () => calls.push("after"));
    expect(calls).toEqual(["before", "after"]);
  });

  it("does not call the listener once it is disposed of", () => {
    const controller = new AbortController();
    const listening = onAbort(controller.signal, () => {
      throw new Error("called");
    });
    listening[Symbol.dispose]();
    controller.abort();
    expect(controller.signal.aborted).toBe(true);
  });
});

describe("raceWithDetach", () => {
  it("gives the outcome of the work", async () => {
    const { signal } = new AbortController();
    expect(await raceWithDetach(Promise.resolve("done"), { signal })).toBe("done");
    const failing = Promise.reject(new Error("failed"));
    await expect(raceWithDetach(failing, { signal })).rejects.toThrow("failed");
  });

  it("gives the signal's reason once it is aborted, and the work goes on", async () => {
    const controller = new AbortController();
    const work = Promise.withResolvers<string>();
    const [leaving, staying] = [controller.signal, new AbortController().signal].map((signal) =>
      raceWithDetach(work.promise, { signal }),
    );
    controller.abort(new Error("enough"));
    await expect(leaving).rejects.toThrow("enough");
    work.resolve("done");
    expect(await staying).toBe("done");
  });

  it("gives the error that is asked for, also to a caller that had left before", async () => {
    const signal = AbortSignal.abort();
    const error = () => cancellation(signal, "the read");
    const done = Promise.resolve("done");
    await expect(raceWithDetach(done, { signal, error })).rejects.toThrow("the read was cancelled");
  });

  it("ignores a failure of the work after the caller has left", async () => {
    const signal = AbortSignal.abort(new Error("left"));
    const work = Promise.withResolvers<never>();
    await expect(raceWithDetach(work.promise, { signal })).rejects.toThrow("left");
    work.reject(new Error("late"));
    // An unhandled rejection would fail the run.
    await delay(1);
  });

  it("still gives an outcome that comes within the grace period, which then ends", async () => {
    const controller = new AbortController();
    const work = Promise.withResolvers<string>();
    const grace = Promise.withResolvers<void>();
    const seen: AbortSignal[] = [];
    const racing = raceWithDetach(work.promise, {
      signal: controller.signal,
      grace: async (settled) => {
        seen.push(settled);
        await grace.promise;
      },
    });
    expect(seen).toEqual([]);
    controller.abort(new Error("enough"));
    work.resolve("in time");
    expect(await racing).toBe("in time");
    expect(seen.map(({ aborted }) => aborted)).toEqual([true]);
    grace.resolve();
    await delay(1);
  });

  it("gives up when the grace period is over", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    const pending = new Promise<never>(() => undefined);
    const grace = async () => await delay(1);
    await expect(raceWithDetach(pending, { signal, grace })).rejects.toThrow("enough");
  });
});

describe("pause", () => {
  const what = "reading logs";

  it("sleeps, and passes on the sleep's own failure", async () => {
    const { signal } = new AbortController();
    const slept: number[] = [];
    const sleep = async (milliseconds: number) => void slept.push(milliseconds);
    await pause(sleep, 7, { signal, what });
    expect(slept).toEqual([7]);
    const broken = () => Promise.reject(new Error("no timers"));
    await expect(pause(broken, 7, { signal, what })).rejects.toThrow("no timers");
  });

  it.each([
    ["ignores the signal", () => new Promise<void>(() => undefined)],
    ["fails of it", (_time: number, signal: AbortSignal) => delay(60_000, undefined, { signal })],
  ])("is cancelled with the signal, even if the sleep %s", async (_how, sleep) => {
    const controller = new AbortController();
    const pausing = pause(sleep, 60_000, { signal: controller.signal, what });
    controller.abort();
    await expect(pausing).rejects.toMatchObject({
      code: "CANCELLED",
      message: "reading logs was cancelled",
    });
  });
});

describe("createDeadline", () => {
  it("is still over if it ended without a listener, whatever has been garbage-collected since", async () => {
    using deadline = createDeadline(new AbortController().signal, 1);
    await delay(20);
    collectGarbage();
    await delay(1);
    expect(deadline.signal.aborted).toBe(true);
    expect(cancellation(deadline.signal, "it").code).toBe("DEADLINE_EXCEEDED");
  });

  it("follows the caller's signal, aborted before or after", () => {
    const caller = new AbortController();
    using before = createDeadline(caller.signal, 60_000);
    caller.abort(new Error("key pressed"));
    using after = createDeadline(caller.signal, 60_000);
    for (const { signal } of [before, after])
      expect(signal).toMatchObject({ aborted: true, reason: { message: "key pressed" } });
  });

  it("does nothing any more once it is disposed of", async () => {
    const caller = new AbortController();
    const deadline = createDeadline(caller.signal, 1);
    deadline[Symbol.dispose]();
    caller.abort();
    await delay(20);
    expect(deadline.signal.aborted).toBe(false);
  });
});

function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc()");
}

describe("any of two signals", () => {
  it("is one signal for all who wait for the same two, as long as anybody does", () => {
    const [one, two] = [new AbortController(), new AbortController()];
    const first = anyOf(one.signal, two.signal);
    const second = anyOf(one.signal, two.signal);
    expect(second.signal).toBe(first.signal);
    first[Symbol.dispose]();
    first[Symbol.dispose]();
    expect(anyOf(one.signal, two.signal).signal).toBe(second.signal);
    two.abort("enough");
    expect(second.signal).toMatchObject({ aborted: true, reason: "enough" });
    expect(anyOf(two.signal, one.signal).signal).toMatchObject({ aborted: true });
  });

  it("is released once it has no more users", () => {
    const [one, two] = [new AbortController(), new AbortController()];
    const only = anyOf(one.signal, two.signal);
    only[Symbol.dispose]();
    one.abort();
    expect(only.signal.aborted).toBe(false);
    expect(anyOf(one.signal, two.signal).signal.aborted).toBe(true);
  });

  it("is the signal itself where both are the same", () => {
    const one = new AbortController();
    const both = anyOf(one.signal, one.signal);
    expect(both.signal).toBe(one.signal);
    expect(() => both[Symbol.dispose]()).not.toThrow();
  });
});

describe("signals for a crowd", () => {
  it("are the signal itself for few callers", () => {
    const one = new AbortController();
    expect(crowdSignals(one.signal, 1).signalOf(0)).toBe(one.signal);
  });

  it("are aborted as what they follow is, and shared by some callers each", () => {
    const one = new AbortController();
    const { signalOf } = crowdSignals(one.signal, 1_000);
    expect(signalOf(1)).toBe(signalOf(0));
    const signals = new Set(Array.from({ length: 1_000 }, (_, place) => signalOf(place)));
    expect(signals.size).toBeGreaterThan(10);
    one.abort("enough");
    expect([...signals].every(({ reason }) => reason === "enough")).toBe(true);
  });

  it("follow no longer once they are disposed of", () => {
    const one = new AbortController();
    const crowd = crowdSignals(one.signal, 1_000);
    crowd[Symbol.dispose]();
    one.abort();
    expect([0, 999].map((place) => crowd.signalOf(place).aborted)).toEqual([false, false]);
  });
});
