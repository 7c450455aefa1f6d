import { onAbort } from "../../async/cancellation.ts";
import type { SubstrateAdapter, TerminateOutcome } from "../../substrate/contract.ts";

/** Terminates machines on behalf of all callers in one scope. */
export interface MachineTerminator {
  /**
   * Terminates a machine, in one call with those of other callers at the same time.
   *
   * @throws SlipwayError if the provider refuses; the signal's reason
   */
  terminate(id: string, signal: AbortSignal): Promise<TerminateOutcome>;
}

interface PendingTermination {
  readonly id: string;
  readonly resolve: (outcome: TerminateOutcome) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * One call for all machines that are requested in one turn of the event loop: spawns that are cancelled together need
 * few requests.
 */
export function createMachineTerminator(adapter: SubstrateAdapter): MachineTerminator {
  const pending = new Set<PendingTermination>();

  const terminateAll = async (): Promise<void> => {
    // Requests of the same turn of the event loop go together.
    await Promise.resolve();
    const taken = [...pending];
    pending.clear();
    const ids = [...new Set(taken.map(({ id }) => id))];
    if (ids.length === 0) return;
    try {
      const outcomes = await adapter.terminate(ids, new AbortController().signal);
      const told = new Map(outcomes.map((outcome) => [outcome.id, outcome]));
      for (const { id, resolve } of taken) resolve(told.get(id) ?? { id, outcome: "unknown" });
    } catch (caught) {
      for (const { reject } of taken) reject(caught);
    }
  };

  return {
    async terminate(id, signal) {
      signal.throwIfAborted();
      const { promise, resolve, reject } = Promise.withResolvers<TerminateOutcome>();
      const one: PendingTermination = { id, resolve, reject };
      const leave = (): void => {
        pending.delete(one);
        reject(signal.reason);
      };
      using _leaving = onAbort(signal, leave);
      pending.add(one);
      if (pending.size === 1) void terminateAll();
      return await promise;
    },
  };
}
