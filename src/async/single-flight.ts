import { cancellation, raceWithDetach } from "./cancellation.ts";

/** A caller of shared work. */
export interface Caller {
  /** Callers with the same key share one run of the work. */
  readonly key: string;
  /** Ends this caller's wait. */
  readonly signal: AbortSignal;
  /** The awaited work, as a noun phrase for the cancellation's message: `a read of AWS`. */
  readonly what: string;
}

/**
 * Joins the run that is under way for the caller's key, or starts one. A run's signal is aborted when its last caller
 * has left; a caller that joins after that starts a new run.
 *
 * @throws SlipwayError {@link cancellation} of the caller's own signal; what the run throws
 */
export type SingleFlight<Result> = (
  caller: Caller,
  run: (signal: AbortSignal) => Promise<Result>,
) => Promise<Result>;

/** For how long results stay good. */
export interface Keeping {
  readonly milliseconds: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

interface Flight<Result> {
  readonly result: Promise<Result>;
  readonly controller: AbortController;
  waiting: number;
}

/** Results kept at most; the oldest are dropped first. */
const MOST_KEPT = 500;

/**
 * Work that several callers want at once is done once. A failure is passed to those who waited for it and is never
 * kept.
 *
 * @param keeping for how long later callers get the same result; default: a result is not kept
 */
export function singleFlight<Result>(keeping?: Keeping): SingleFlight<Result> {
  const flights = new Map<string, Flight<Result>>();
  const kept = new Map<string, { readonly result: Result; readonly until: number }>();

  const keep = (key: string, result: Result): void => {
    if (keeping === undefined) return;
    kept.delete(key);
    kept.set(key, { result, until: keeping.now() + keeping.milliseconds });
    for (const oldest of kept.keys()) if (kept.size > MOST_KEPT) kept.delete(oldest);
  };
  const land = (key: string, flight: Flight<Result>): void => {
    if (flights.get(key) === flight) flights.delete(key);
  };
  const start = (key: string, run: (signal: AbortSignal) => Promise<Result>): Flight<Result> => {
    const controller = new AbortController();
    const flight = { result: run(controller.signal), controller, waiting: 0 };
    flights.set(key, flight);
    flight.result.then(
      (result) => {
        land(key, flight);
        if (!controller.signal.aborted) keep(key, result);
      },
      () => land(key, flight),
    );
    return flight;
  };
  return async ({ key, signal, what }, run) => {
    const error = () => cancellation(signal, what);
    if (signal.aborted) throw error();
    const known = kept.get(key);
    if (known !== undefined && keeping !== undefined && keeping.now() < known.until)
      return known.result;
    const flight = flights.get(key) ?? start(key, run);
    flight.waiting += 1;
    try {
      return await raceWithDetach(flight.result, { signal, error });
    } finally {
      flight.waiting -= 1;
      if (flight.waiting === 0 && flights.get(key) === flight) {
        flights.delete(key);
        flight.controller.abort();
      }
    }
  };
}
