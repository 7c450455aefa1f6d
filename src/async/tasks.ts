import { cancellation } from "./cancellation.ts";

/** The promise, or a cancellation once the signal is aborted; the promise's own work goes on for others. */
export async function untilAborted<Result>(
  promise: Promise<Result>,
  signal: AbortSignal,
  what: string,
): Promise<Result> {
  if (signal.aborted) {
    // Nobody here waits for it any more; whoever shares the work hears of its failure through a promise of their own.
    promise.catch(() => undefined);
    throw cancellation(signal, what);
  }
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const stop = () => reject(cancellation(signal, what));
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
