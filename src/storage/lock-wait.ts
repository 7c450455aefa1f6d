/**
 * Waiting for a database's write lock without blocking the event loop. SQLite's own busy handler sleeps the whole
 * thread, so it is given a short time only; beyond that the wait is a timer, jittered so that the processes that
 * wait do not come back in step. An attempt that got the lock at the end of that short time has held the loop as
 * long as one that failed: the time of attempts is added up, and the loop gets its turn before it is too much.
 */
import { isBusy } from "./storage-error.ts";

/** The time and chance that a wait depends on; tests give their own. */
export interface Pause {
  /** Milliseconds on a clock that never goes back. */
  now(): number;
  sleep(milliseconds: number): Promise<void>;
  /** Resolves once everything that is due on the event loop has had its turn. */
  turn(): Promise<void>;
  /** From 0 up to 1. */
  random(): number;
}

/**
 * Runs an attempt until it no longer fails for a lock, at most 30 s; then its last failure is
 * thrown. An attempt that failed for a lock must have left nothing behind.
 */
export type LockWait = <T>(attempt: () => T) => Promise<T>;

/** How long a transaction waits for its turn before it gives up as `STORAGE_BUSY`. */
const BUSY_LIMIT_MS = 30_000;
const SHORTEST_PAUSE_MS = 2;
const LONGEST_PAUSE_MS = 40;
/** Attempts may follow one another in one turn of the loop for this long. */
const HELD_LIMIT_MS = 10;

export function createLockWait(pause: Pause): LockWait {
  /** Milliseconds since the loop last had its turn. */
  const loop = { held: 0 };
  let turning: Promise<void> | undefined;
  // Let go one after another: of thousands, all would look at each turn, and few could go.
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
