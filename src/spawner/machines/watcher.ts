import { onAbort } from "../../async/cancellation.ts";
import type { Clock } from "../../host/clock.ts";
import type { Sighting, SubstrateAdapter } from "../../substrate/contract.ts";

/** Looks at machines for all who wait in one scope. */
export interface MachineWatcher {
  /**
   * Looks at a machine when the pause is over; sooner, by up to half of it, where others are looked at anyway.
   */
  look(id: string, pause: number, signal: AbortSignal): Promise<Sighting>;
}

interface Look {
  readonly id: string;
  /** From when on it may be looked at. */
  readonly early: number;
  /** When it is looked at at the latest. */
  readonly due: number;
  readonly resolve: (sighting: Sighting) => void;
  readonly reject: (reason: unknown) => void;
}

/** One describe loop for all: however many wait, there is one call at a time, for all that are due. */
export function createMachineWatcher(adapter: SubstrateAdapter, clock: Clock): MachineWatcher {
  const { lookMilliseconds } = adapter.capabilities;
  const looks = new Set<Look>();
  let running = false;
  let last = Number.NEGATIVE_INFINITY;
  let nap: { readonly due: number; readonly waking: AbortController } | null = null;

  /** When the next round may be made; at once where the clock was set back. */
  const nextRound = (): number => (last > clock.now() ? clock.now() : last + lookMilliseconds);

  /** A look that is due before the others wakes whoever sleeps for them. */
  const sleepUntilDue = async (): Promise<void> => {
    while (looks.size > 0) {
      const due = Math.max(nextRound(), Math.min(...Array.from(looks, (look) => look.due)));
      if (due <= clock.now()) return;
      const waking = new AbortController();
      nap = { due, waking };
      try {
        await clock.sleep(due - clock.now(), waking.signal);
      } catch (caught) {
        if (!waking.signal.aborted) throw caught;
      }
      nap = null;
    }
  };

  const round = async (): Promise<void> => {
    const now = clock.now();
    const taken = [...looks].filter(({ early }) => early <= now);
    for (const look of taken) looks.delete(look);
    const ids = [...new Set(taken.map(({ id }) => id))];
    if (ids.length === 0) return;
    last = now;
    try {
      const sightings = await adapter.describe(ids, new AbortController().signal);
      const found = new Map(ids.map((id, index) => [id, sightings[index] ?? null]));
      for (const { id, resolve } of taken) resolve(found.get(id) ?? null);
    } catch (caught) {
      for (const { reject } of taken) reject(caught);
    }
  };

  const run = async (): Promise<void> => {
    running = true;
    while (looks.size > 0) {
      await sleepUntilDue();
      await round();
    }
    running = false;
  };

  return {
    async look(id, pause, signal) {
      signal.throwIfAborted();
      const { promise, resolve, reject } = Promise.withResolvers<Sighting>();
      const now = clock.now();
      const look: Look = { id, early: now + pause / 2, due: now + pause, resolve, reject };
      const leave = (): void => {
        looks.delete(look);
        if (looks.size === 0) nap?.waking.abort();
        reject(signal.reason);
      };
      using _leaving = onAbort(signal, leave);
      looks.add(look);
      if (nap !== null && Math.max(nextRound(), look.due) < nap.due) nap.waking.abort();
      if (!running) void run();
      return await promise;
    },
  };
}
