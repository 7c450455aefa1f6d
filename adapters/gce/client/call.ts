import { cancellation, pause, raceWithDetach } from "../../../src/async/cancellation.ts";
import type { Sleep } from "../../../src/async/cancellation.ts";
import { isPassing, isThrottle } from "../errors/errors.ts";
import { GceCallFailure, readFailure } from "../errors/failure.ts";
import type { CallPace } from "./pacing.ts";

/** Options of every call of a client. */
export interface GceCallOptions {
  readonly timeout: number;
  readonly signal: AbortSignal;
  /** The client must not retry: this module retries reads, and the spawner replays launches. */
  readonly retry: null;
}

export interface GceCallRules {
  /** A phrase for a cancellation's message, such as `reading image projects/…`. */
  readonly what: string;
  readonly signal: AbortSignal;
  /** Longest time of one request, in milliseconds. */
  readonly timeout: number;
  /** Whether the call only reads, so that it may be retried. */
  readonly reads: boolean;
  readonly sleep: Sleep;
  /** Awaited before each try, and notified of throttles. */
  readonly pace: CallPace;
}

/** Maximum number of tries of a read. */
const MOST_ATTEMPTS = 3;
const FIRST_PAUSE = 250;
/** A longer wait that a reply demands is the caller's decision. */
const LONGEST_PAUSE = 5_000;

/**
 * Makes one call of a client: obeys the signal, and throws a `GceCallFailure`. A read that was throttled, lost, or
 * failed on the server is retried at most twice.
 *
 * @throws SlipwayError the signal's cancellation
 */
export async function callGce<Reply>(
  rules: GceCallRules,
  send: (options: GceCallOptions) => Promise<Reply>,
): Promise<Reply> {
  const { reads, signal, what } = rules;
  for (let attempt = 1; ; attempt += 1) {
    try {
      await rules.pace.wait(signal);
      return await sendOnce(rules, send);
    } catch (caught) {
      if (signal.aborted) throw cancellation(signal, what);
      const failure = readFailure(caught);
      if (failure instanceof GceCallFailure && isThrottle(failure))
        await rules.pace.throttled(failure.retryAfterSeconds);
      const milliseconds = reads && attempt < MOST_ATTEMPTS ? pauseAfter(failure, attempt) : null;
      if (milliseconds === null) throw failure;
      await pause(rules.sleep, milliseconds, rules);
    }
  }
}

async function sendOnce<Reply>(
  { signal, timeout, what }: GceCallRules,
  send: (options: GceCallOptions) => Promise<Reply>,
): Promise<Reply> {
  const error = () => cancellation(signal, what);
  if (signal.aborted) throw error();
  // The client obeys the signal too, but not while it waits for a token.
  return await raceWithDetach(send({ timeout, signal, retry: null }), { signal, error });
}

/** Milliseconds before the next try of a read; null if a retry would not help. */
function pauseAfter(failure: unknown, attempt: number): number | null {
  if (!(failure instanceof GceCallFailure)) return null;
  if (failure.outcome !== "lost" && !isPassing(failure)) return null;
  const demanded = (failure.retryAfterSeconds ?? 0) * 1_000;
  if (demanded > LONGEST_PAUSE) return null;
  return Math.max(demanded, FIRST_PAUSE * 2 ** (attempt - 1));
}
