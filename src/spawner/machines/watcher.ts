import { onAbort } from "../../async/cancellation.ts";
import type { Clock } from "../../host/clock.ts";
import type { MachineStatus, SubstrateAdapter } from "../../substrate/contract.ts";

/** Polls machines on behalf of all callers in one scope. */
export interface MachineWatcher {
  /** Reads a machine's status when the pause is over, or up to half of it earlier if others are polled then. */
  poll(id: string, pause: number, signal: AbortSignal): Promise<MachineStatus>;
}

interface PendingPoll {
  readonly id: string;
  /** The earliest time for it. */
  readonly early: number;
  /** The latest time for it. */
  readonly due: number;
  readonly resolve: (status: MachineStatus) => void;
  readonly reject: (reason: unknown) => void;
}

/** One poll loop for all callers: one call at a time, for all machines that are due. */
export function createMachineWatcher(adapter: SubstrateAdapter, clock: Clock): MachineWatcher {
  const { pollMilliseconds } = adapter.capabilities;
  const polls = new Set<PendingPoll>();
  let running = false;
  let last = Number.NEGATIVE_INFINITY;
  let nap: { readonly due: number; readonly waking: AbortController } | null = null;

  /** When the next call may be made; at once if the clock was set back. */
  const nextRound = (): number => (last > clock.now() ? clock.now() : last + pollMilliseconds);

  /** A poll that is due before the others ends the sleep early. */
  const sleepUntilDue = async (): Promise<void> => {
    while (polls.size > 0) {
      const due = Math.max(nextRound(), Math.min(...Array.from(polls, (look) => look.due)));
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

  const pollDue = async (): Promise<void> => {
    const now = clock.now();
    const taken = [...polls].filter(({ early }) => early <= now);
    for (const look of taken) polls.delete(look);
    const ids = [...new Set(taken.map(({ id }) => id))];
    if (ids.length === 0) return;
    last = now;
    try {
      const statuses = await adapter.describe(ids, new AbortController().signal);
      const found = new Map(ids.map((id, index) => [id, statuses[index] ?? null]));
      for (const { id, resolve } of taken) resolve(found.get(id) ?? null);
    } catch (caught) {
      for (const { reject } of taken) reject(caught);
    }
  };

  const pollAll = async (): Promise<void> => {
    running = true;
    while (polls.size > 0) {
      await sleepUntilDue();
      await pollDue();
    }
    running = false;
  };

  return {
    async poll(id, pause, signal) {
      signal.throwIfAborted();
      const { promise, resolve, reject } = Promise.withResolvers<MachineStatus>();
      const now = clock.now();
      const look: PendingPoll = { id, early: now + pause / 2, due: now + pause, resolve, reject };
      const leave = (): void => {
        polls.delete(look);
        if (polls.size === 0) nap?.waking.abort();
        reject(signal.reason);
      };
      using _leaving = onAbort(signal, leave);
      polls.add(look);
      if (nap !== null && Math.max(nextRound(), look.due) < nap.due) nap.waking.abort();
      if (!running) void pollAll();
      return await promise;
    },
  };
}
