import { onAbort } from "../../async/cancellation.ts";
import type { SubstrateAdapter, TerminateOutcome } from "../../substrate/contract.ts";

/** Ends machines for all who want them gone in one scope. */
export interface MachineTerminator {
  /**
   * Ends a machine, and those that others want gone at the same time with it.
   *
   * @throws SlipwayError where the provider refuses; the signal's reason
   */
  terminate(id: string, signal: AbortSignal): Promise<TerminateOutcome>;
}

interface PendingTermination {
  readonly id: string;
  readonly resolve: (outcome: TerminateOutcome) => void;
  readonly reject: (reason: unknown) => void;
}

/** One call for all that are wanted gone in the same turn: spawns that are cancelled together are few requests. */
export function createMachineTerminator(adapter: SubstrateAdapter): MachineTerminator {
  const pending = new Set<PendingTermination>();

  const terminateAll = async (): Promise<void> => {
    // Who comes in the same turn goes along.
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
