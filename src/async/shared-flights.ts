import { cancellation } from "./cancellation.ts";

/** Who joins. */
export interface Passenger {
  readonly key: string;
  readonly signal: AbortSignal;
  /** What is waited for, for the error of a signal that is aborted. */
  readonly what: string;
}

/** Work that several callers want at once is done once. Nothing is remembered when it has ended, however it ended. */
export interface SharedFlights<Value> {
  /**
   * The work under way for the key, or else the one that `start` begins. A caller whose signal is aborted leaves
   * alone; the work goes on for the others.
   */
  join(passenger: Passenger, start: () => Promise<Value>): Promise<Value>;
}

export function createSharedFlights<Value>(): SharedFlights<Value> {
  const flights = new Map<string, Promise<Value>>();
  return {
    join(passenger, start) {
      const { key } = passenger;
      let flight = flights.get(key);
      if (flight === undefined) {
        flight = start().finally(() => flights.delete(key));
        flights.set(key, flight);
      }
      return unlessAborted(flight, passenger);
    },
  };
}

async function unlessAborted<Value>(
  work: Promise<Value>,
  { signal, what }: Passenger,
): Promise<Value> {
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(cancellation(signal, what));
  if (signal.aborted) abort();
  else signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
