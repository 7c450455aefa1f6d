import { cancellation, pause, raceWithDetach } from "../../../src/async/cancellation.ts";
import type { Sleep } from "../../../src/async/cancellation.ts";
import { GceCallFailure, readFailure } from "../errors/failure.ts";
import type { CallPace } from "./pacing.ts";

/** What every call of a client is given. */
export interface GceCallOptions {
  readonly timeout: number;
  readonly signal: AbortSignal;
  /** The client repeats nothing: reads are repeated here, and launches by nobody. */
  readonly retry: null;
}

export interface GceCallRules {
  /** A noun phrase for a cancellation, such as `reading image projects/…`. */
  readonly what: string;
  readonly signal: AbortSignal;
  /** Milliseconds that one request may take. */
  readonly timeout: number;
  /** Whether the call only reads, so that it may be sent again. */
  readonly reads: boolean;
  readonly sleep: Sleep;
  /** Waited for before each time that it is sent, and told when that was too soon. */
  readonly pace: CallPace;
}

/** How often a read is sent at most. */
const MOST_ATTEMPTS = 3;
const FIRST_PAUSE = 250;
/** A reply that asks for more is told to whoever waits, who may have other things to do. */
const LONGEST_PAUSE = 5_000;

/**
 * One call of a client: stops at the signal, and throws what went wrong as a `GceCallFailure`. A read that was
 * throttled, lost or met a server's failure is sent again, twice at most.
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
      if (isThrottle(failure)) await rules.pace.throttled(failure.retryAfterSeconds);
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
  // The client sees the signal too, but not while it waits for a token.
  return await raceWithDetach(send({ timeout, signal, retry: null }), { signal, error });
}

/** Milliseconds to wait before the read is sent again; null where that would be of no use. */
function pauseAfter(failure: unknown, attempt: number): number | null {
  if (!(failure instanceof GceCallFailure)) return null;
  if (failure.outcome !== "lost" && !isPassing(failure)) return null;
  const asked = (failure.retryAfterSeconds ?? 0) * 1_000;
  if (asked > LONGEST_PAUSE) return null;
  return Math.max(asked, FIRST_PAUSE * 2 ** (attempt - 1));
}

function isThrottle(failure: unknown): failure is GceCallFailure {
  if (!(failure instanceof GceCallFailure)) return false;
  return failure.status === 429 || failure.codes.includes("rateLimitExceeded");
}

function isPassing({ status, codes }: GceCallFailure): boolean {
  if (status === null) return false;
  return status === 429 || status >= 500 || codes.includes("rateLimitExceeded");
}
