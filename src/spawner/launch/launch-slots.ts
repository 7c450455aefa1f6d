import { onAbort } from "../../async/cancellation.ts";
import { memoize } from "../../async/memoize.ts";
import type { SubstrateAdapter } from "../../substrate/contract.ts";

/** Limits the launch calls that an adapter makes at once, first calls and repetitions alike. */
export interface LaunchSlots {
  /**
   * Waits until the adapter may make one more call. Disposing of the result frees the slot.
   *
   * @throws the signal's reason
   */
  take(adapter: SubstrateAdapter, signal: AbortSignal): Promise<Disposable>;
}

interface Slots {
  used: number;
  readonly waiting: Set<() => void>;
}

export function createLaunchSlots(): LaunchSlots {
  const slotsOf = memoize((_adapter: SubstrateAdapter): Slots => ({ used: 0, waiting: new Set() }));
  return {
    async take(adapter, signal) {
      signal.throwIfAborted();
      const slots = slotsOf(adapter);
      const most = adapter.capabilities.concurrentLaunches ?? Infinity;
      if (slots.used < most) slots.used += 1;
      else await awaitSlot(slots, signal);
      return { [Symbol.dispose]: () => freeSlot(slots) };
    },
  };
}

/** Resolves when a call that has ended passes on its slot. */
async function awaitSlot({ waiting }: Slots, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  waiting.add(resolve);
  using _leaving = onAbort(signal, () => {
    if (waiting.delete(resolve)) reject(signal.reason);
  });
  await promise;
}

function freeSlot(slots: Slots): void {
  const [next] = slots.waiting;
  if (next === undefined) {
    slots.used -= 1;
    return;
  }
  slots.waiting.delete(next);
  next();
}
