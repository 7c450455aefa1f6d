import { cancellation } from "./cancellation.ts";

export interface SharedReads<Answer> {
  /** What is read under the key: by somebody else just now, or lately, or by this call. */
  read(
    key: string,
    load: (signal: AbortSignal) => Promise<Answer>,
    signal: AbortSignal,
  ): Promise<Answer>;
}

interface Flight<Answer> {
  readonly answer: Promise<Answer>;
  /** Aborted once nobody waits for the answer any more. */
  readonly controller: AbortController;
  waiting: number;
  /** When the answer came; null while it is awaited. */
  arrivedAt: number | null;
}

/**
 * Reads that callers at the same time share, and that are kept for so many milliseconds (0: not at all). A caller that
 * stops waiting stops nobody else's; a failure is kept for nobody.
 */
export function sharedReads<Answer>(options: {
  /** What a caller that stops waiting is told of, as a noun phrase: `a read of AWS`. */
  readonly what: string;
  readonly keepMilliseconds: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}): SharedReads<Answer> {
  const { what, keepMilliseconds, now } = options;
  const flights = new Map<string, Flight<Answer>>();

  const isUsable = ({ arrivedAt }: Flight<Answer>): boolean =>
    arrivedAt === null || now() - arrivedAt < keepMilliseconds;
  const forget = (key: string, flight: Flight<Answer>): void => {
    if (flights.get(key) === flight) flights.delete(key);
  };
  const start = (key: string, load: (signal: AbortSignal) => Promise<Answer>): Flight<Answer> => {
    const controller = new AbortController();
    const answer = load(controller.signal);
    const flight: Flight<Answer> = { answer, controller, waiting: 0, arrivedAt: null };
    flights.set(key, flight);
    answer.then(
      () => {
        flight.arrivedAt = now();
        if (keepMilliseconds === 0) forget(key, flight);
      },
      () => forget(key, flight),
    );
    return flight;
  };
  return {
    async read(key, load, signal) {
      if (signal.aborted) throw cancellation(signal, what);
      for (const [old, flight] of flights) if (!isUsable(flight)) forget(old, flight);
      const flight = flights.get(key) ?? start(key, load);
      if (flight.arrivedAt !== null) return await flight.answer;
      flight.waiting += 1;
      try {
        return await untilAborted(flight.answer, signal, what);
      } finally {
        flight.waiting -= 1;
        if (flight.waiting === 0 && flight.arrivedAt === null) {
          forget(key, flight);
          flight.controller.abort();
        }
      }
    },
  };
}

async function untilAborted<Answer>(
  answer: Promise<Answer>,
  signal: AbortSignal,
  what: string,
): Promise<Answer> {
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = (): void => reject(cancellation(signal, what));
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await Promise.race([answer, promise]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
