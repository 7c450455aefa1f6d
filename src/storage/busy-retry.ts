/**
 * Waiting for a database's write lock without blocking the event loop. SQLite's own busy handler sleeps the whole
 * thread, so it is given a short time only; beyond that the wait is a timer, jittered so that the processes that
 * wait do not come back in step.
 */
import { isBusy } from "./storage-error.ts";

/** The time and chance that a wait depends on; tests give their own. */
export interface Pause {
  /** Milliseconds on a clock that never goes back. */
  now(): number;
  sleep(milliseconds: number): Promise<void>;
  /** From 0 up to 1. */
  random(): number;
}

const SHORTEST_PAUSE_MS = 2;
const LONGEST_PAUSE_MS = 40;
/** How long a transaction waits for its turn before it gives up as `STORAGE_BUSY`. */
export const BUSY_LIMIT_MS = 30_000;

/**
 * Runs `attempt` until it no longer fails for a lock, at most {@link BUSY_LIMIT_MS}; then its last failure is
 * thrown. An attempt that failed for a lock must have left nothing behind.
 */
export async function retryWhileBusy<T>(attempt: () => T, pause: Pause): Promise<T> {
  const deadline = pause.now() + BUSY_LIMIT_MS;
  for (let round = 1; ; round += 1) {
    try {
      return attempt();
    } catch (caught) {
      if (!isBusy(caught) || pause.now() >= deadline) throw caught;
    }
    const ceiling = Math.min(LONGEST_PAUSE_MS, SHORTEST_PAUSE_MS * 2 ** round);
    await pause.sleep(SHORTEST_PAUSE_MS + pause.random() * (ceiling - SHORTEST_PAUSE_MS));
  }
}
