import type { Clock } from "../src/host/clock.ts";

/** A clock that only the test advances. */
export interface FakeClock extends Clock {
  /** Number of pending sleeps. */
  readonly sleeping: number;
  /**
   * Advances the time by this many milliseconds. Sleeps end in the order of their due times; sleeps with the same due
   * time end in the order in which they began. All work that one wake-up causes completes before the next wake-up.
   */
  advance(milliseconds: number): Promise<void>;
  /** Advances the time until no sleep is pending. @throws Error after a million wake-ups: some code sleeps in an endless loop. */
  runUntilIdle(): Promise<void>;
  /**
   * Advances the time until the promise settles, and returns its outcome.
   *
   * @throws Error if no sleep is pending and the promise has not settled: time alone would never settle it.
   */
  runUntilSettled<T>(promise: Promise<T>): Promise<T>;
}

interface PendingSleep {
  readonly due: number;
  readonly wake: () => void;
}

const MAXIMUM_WAKE_UPS = 1_000_000;
/** Event loop turns to wait for a promise when no sleep is pending: it may depend on a short piece of real I/O. */
const PATIENCE_TURNS = 1_000;

/** A virtual clock for tests and simulations: no real time passes, and the order of events is the same in every run. */
export function createFakeClock(start: number = Date.UTC(2026, 0, 1)): FakeClock {
  let now = start;
  const sleepers = new Set<PendingSleep>();

  const wakeNext = async (until: number): Promise<boolean> => {
    const next = earliest(sleepers);
    if (next === null || next.due > until) return false;
    now = Math.max(now, next.due);
    sleepers.delete(next);
    next.wake();
    await settle();
    return true;
  };

  return {
    now: () => now,
    get sleeping() {
      return sleepers.size;
    },
    sleep: (milliseconds, signal) => sleepUntil(sleepers, now + Math.max(0, milliseconds), signal),
    async advance(milliseconds) {
      const until = now + milliseconds;
      await settle();
      while (await wakeNext(until));
      now = until;
    },
    async runUntilIdle() {
      await settle();
      for (let wakeUps = 0; await wakeNext(Infinity); wakeUps += 1) limitWakeUps(wakeUps);
    },
    async runUntilSettled(promise) {
      const watched = watchSettlement(promise);
      await settle();
      let idleTurns = 0;
      for (let wakeUps = 0; !watched.settled; wakeUps += 1) {
        limitWakeUps(wakeUps);
        if (await wakeNext(Infinity)) idleTurns = 0;
        else if ((idleTurns += 1) > PATIENCE_TURNS)
          throw new Error("the promise depends on something other than the fake clock");
        else await settle();
      }
      return promise;
    },
  };
}

/** Runs everything that does not depend on time: all microtasks complete before the next event loop turn. */
export function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

function sleepUntil(sleepers: Set<PendingSleep>, due: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    // Pass the reason on unchanged: the caller who aborted chose it.
    const abort = (): void => {
      sleepers.delete(sleeper);
      reject(signal?.reason);
    };
    const sleeper: PendingSleep = {
      due,
      wake: () => {
        signal?.removeEventListener("abort", abort);
        resolve();
      },
    };
    if (signal?.aborted === true) return abort();
    signal?.addEventListener("abort", abort, { once: true });
    sleepers.add(sleeper);
  });
}

/** A set keeps insertion order, so of several equal due times the first found is the oldest sleep. */
function earliest(sleepers: ReadonlySet<PendingSleep>): PendingSleep | null {
  let first: PendingSleep | null = null;
  for (const sleeper of sleepers) if (first === null || sleeper.due < first.due) first = sleeper;
  return first;
}

function watchSettlement(promise: Promise<unknown>): { readonly settled: boolean } {
  const watched = { settled: false };
  const note = async (): Promise<void> => {
    await Promise.allSettled([promise]);
    watched.settled = true;
  };
  void note();
  return watched;
}

function limitWakeUps(wakeUps: number): void {
  if (wakeUps >= MAXIMUM_WAKE_UPS)
    throw new Error(`the fake clock still has pending sleeps after ${MAXIMUM_WAKE_UPS} wake-ups`);
}
