/**
 * Waits for a database's write lock without blocking the event loop. SQLite's own busy handler blocks the whole thread,
 * so it is given only a short time. After that the wait is a timer with jitter, so that waiting processes do not retry
 * in step. An attempt that gets the lock late has blocked the loop as long as one that fails: the time of all attempts
 * is added up, and the loop gets a turn before it is too much.
 */
import { isBusy } from "./storage-error.ts";

/** The time and randomness of a wait; tests inject their own. */
export interface Pause {
  /** Milliseconds on a monotonic clock. */
  now(): number;
  sleep(milliseconds: number): Promise<void>;
  /** Resolves after everything that is due on the event loop has run. */
  turn(): Promise<void>;
  /** From 0 up to 1. */
  random(): number;
}

/**
 * Repeats an attempt that fails because of a lock for at most 30 s, then throws its last failure. An attempt that fails
 * because of a lock must have no effect.
 */
export type LockWait = <T>(attempt: () => T) => Promise<T>;

/** How long a transaction waits for its turn before it fails with `STORAGE_BUSY`. */
const BUSY_LIMIT_MS = 30_000;
const SHORTEST_PAUSE_MS = 2;
const LONGEST_PAUSE_MS = 40;
/** For how long attempts may follow one another in one turn of the loop. */
const HELD_LIMIT_MS = 10;

export function createLockWait(pause: Pause): LockWait {
  /** Milliseconds of attempts since the loop's last turn. */
  const loop = { held: 0 };
  let turning: Promise<void> | undefined;
  // Woken one after another: of thousands, all would check at each turn and few could run.
  const waiting: (() => void)[] = [];

  const letNextGo = (): void => {
    if (loop.held <= HELD_LIMIT_MS) waiting.shift()?.();
  };
  const turn = (): Promise<void> => {
    turning ??= pause.turn().then(() => {
      loop.held = 0;
      turning = undefined;
      letNextGo();
    });
    return turning;
  };
  const timed = <T>(attempt: () => T): T => {
    const began = pause.now();
    try {
      return attempt();
    } finally {
      loop.held += pause.now() - began;
      void turn();
      letNextGo();
    }
  };
  return async (attempt) => {
    const deadline = pause.now() + BUSY_LIMIT_MS;
    for (let round = 1; ; round += 1) {
      if (loop.held > HELD_LIMIT_MS || waiting.length > 0)
        await new Promise<void>((resolve) => waiting.push(resolve));
      try {
        return timed(attempt);
      } catch (caught) {
        if (!isBusy(caught) || pause.now() >= deadline) throw caught;
      }
      await pause.sleep(pauseBefore(round + 1, pause.random()));
    }
  };
}

function pauseBefore(round: number, chance: number): number {
  const ceiling = Math.min(LONGEST_PAUSE_MS, SHORTEST_PAUSE_MS * 2 ** round);
  return SHORTEST_PAUSE_MS + chance * (ceiling - SHORTEST_PAUSE_MS);
}
