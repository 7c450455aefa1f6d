import { cancellation } from "../../src/cancellation.ts";

/** Does the work for each item, at most `limit` at once, and gives the results in the items' order. */
export async function mapLimited<Item, Result>(
  items: readonly Item[],
  limit: number,
  work: (item: Item, index: number) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  const queue = items.entries();
  const worker = async () => {
    for (const [index, item] of queue) results[index] = await work(item, index);
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  return results;
}

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
