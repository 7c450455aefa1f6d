import { cancellation } from "./cancellation.ts";
import { canonicalJson } from "../json/canonical-json.ts";

export interface SharedReadOptions<Request, Answer> {
  readonly ask: (request: Request, signal: AbortSignal) => Promise<Answer>;
  /** Milliseconds for which an answer stays good; 0 for one that may change at any time. */
  readonly keep: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

interface Flight<Answer> {
  readonly answer: Promise<Answer>;
  readonly controller: AbortController;
  waiting: number;
}

/** More answers than the zones and types in use have; the oldest go first. */
const MOST_KEPT = 500;

/**
 * A read whose answer is shared: whoever asks the same while it is under way waits for the same answer, and later
 * askers get it as long as it is good. Who leaves takes it from nobody else, and the last to leave stops it. A failure
 * is kept for nobody.
 */
export function sharedRead<Request extends object, Answer>(
  options: SharedReadOptions<Request, Answer>,
): (request: Request, signal: AbortSignal) => Promise<Answer> {
  const { ask, keep, now } = options;
  const kept = new Map<string, { readonly answer: Answer; readonly until: number }>();
  const flights = new Map<string, Flight<Answer>>();

  const begin = (key: string, request: Request): Flight<Answer> => {
    const controller = new AbortController();
    const answer = ask(request, controller.signal).finally(() => flights.delete(key));
    // Those who wait hear of a failure through promises of their own; and they may all have left.
    answer.then(
      (known) => keepAnswer(key, known),
      () => undefined,
    );
    const flight = { answer, controller, waiting: 0 };
    flights.set(key, flight);
    return flight;
  };
  const keepAnswer = (key: string, answer: Answer): void => {
    if (keep === 0) return;
    kept.set(key, { answer, until: now() + keep });
    for (const oldest of kept.keys()) if (kept.size > MOST_KEPT) kept.delete(oldest);
  };

  return async (request, signal) => {
    if (signal.aborted) throw cancellation(signal, "reading from Compute Engine");
    const key = canonicalJson(request);
    const known = kept.get(key);
    if (known !== undefined && now() < known.until) return known.answer;
    kept.delete(key);
    const flight = flights.get(key) ?? begin(key, request);
    flight.waiting += 1;
    try {
      return await untilAborted(flight.answer, signal);
    } finally {
      flight.waiting -= 1;
      if (flight.waiting === 0) leave(key, flight);
    }
  };

  function leave(key: string, flight: Flight<Answer>): void {
    if (flights.get(key) !== flight) return;
    flights.delete(key);
    flight.controller.abort();
  }
}

async function untilAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const stop = () => reject(cancellation(signal, "reading from Compute Engine"));
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
