import type { Clock } from "../src/host/clock.ts";

/** A clock that moves only when it is told to. */
export interface FakeClock extends Clock {
  /** How many sleepers there are. */
  readonly sleeping: number;
  /**
   * Lets so many milliseconds pass. Sleepers wake in the order of their times, those of one time in the order in
   * which they lay down, and what each does next is done before the following one wakes.
   */
  advance(milliseconds: number): Promise<void>;
  /** Lets time pass until nobody sleeps. @throws Error after a million wake-ups: something never stops sleeping. */
  runUntilIdle(): Promise<void>;
  /**
   * Lets time pass until the promise has settled, and gives its outcome.
   *
   * @throws Error when nobody sleeps and the promise still waits: time alone would never settle it.
   */
  runUntilSettled<T>(promise: Promise<T>): Promise<T>;
}

interface Sleeper {
  readonly due: number;
  readonly wake: () => void;
}

const MAXIMUM_WAKE_UPS = 1_000_000;
/** Turns of the event loop that a promise is given when nobody sleeps: it may wait for a short piece of real work. */
const PATIENCE_TURNS = 1_000;

/** A virtual clock for tests and simulations: no real time passes, and the same run has the same order every time. */
export function createFakeClock(start: number = Date.UTC(2026, 0, 1)): FakeClock {
  let now = start;
  const sleepers = new Set<Sleeper>();

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
    sleep: (milliseconds, signal) => lieDown(sleepers, now + Math.max(0, milliseconds), signal),
    async advance(milliseconds) {
      const until = now + milliseconds;
      await settle();
      while (await wakeNext(until));
      now = until;
    },
    async runUntilIdle() {
      await settle();
      for (let wakeUps = 0; await wakeNext(Infinity); wakeUps += 1) failPast(wakeUps);
    },
    async runUntilSettled(promise) {
      const watched = watch(promise);
      await settle();
      let idleTurns = 0;
      for (let wakeUps = 0; !watched.settled; wakeUps += 1) {
        failPast(wakeUps);
        if (await wakeNext(Infinity)) idleTurns = 0;
        else if ((idleTurns += 1) > PATIENCE_TURNS)
          throw new Error("the promise waits for something other than the fake clock");
        else await settle();
      }
      return promise;
    },
  };
}

/** Lets everything that can go on without time passing go on: all microtasks are done before the next turn. */
export function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

function lieDown(sleepers: Set<Sleeper>, due: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    // The reason is passed on as it is: whoever aborted chose it.
    const abort = (): void => {
      sleepers.delete(sleeper);
      reject(signal?.reason);
    };
    const sleeper: Sleeper = {
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

/** A set keeps the order of arrival, so the first of several equals is the one that lay down first. */
function earliest(sleepers: ReadonlySet<Sleeper>): Sleeper | null {
  let first: Sleeper | null = null;
  for (const sleeper of sleepers) if (first === null || sleeper.due < first.due) first = sleeper;
  return first;
}

function watch(promise: Promise<unknown>): { readonly settled: boolean } {
  const watched = { settled: false };
  const note = async (): Promise<void> => {
    await Promise.allSettled([promise]);
    watched.settled = true;
  };
  void note();
  return watched;
}

function failPast(wakeUps: number): void {
  if (wakeUps >= MAXIMUM_WAKE_UPS)
    throw new Error(`the fake clock was still slept on after ${MAXIMUM_WAKE_UPS} wake-ups`);
}
