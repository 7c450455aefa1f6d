import { onAbort } from "../../async/cancellation.ts";
import type { SubstrateAdapter, TerminateOutcome } from "../../substrate/contract.ts";

/** Ends machines for all who want them gone in one scope. */
export interface MachineEnder {
  /**
   * Ends a machine, and those that others want gone at the same time with it.
   *
   * @throws SlipwayError where the provider refuses; the signal's reason
   */
  end(id: string, signal: AbortSignal): Promise<TerminateOutcome>;
}

interface Wanted {
  readonly id: string;
  readonly resolve: (outcome: TerminateOutcome) => void;
  readonly reject: (reason: unknown) => void;
}

/** One call for all that are wanted gone in the same turn: spawns that are cancelled together are few requests. */
export function createMachineEnder(adapter: SubstrateAdapter): MachineEnder {
  const wanted = new Set<Wanted>();

  const endAll = async (): Promise<void> => {
    // Who comes in the same turn goes along.
    await Promise.resolve();
    const taken = [...wanted];
    wanted.clear();
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
    async end(id, signal) {
      signal.throwIfAborted();
      const { promise, resolve, reject } = Promise.withResolvers<TerminateOutcome>();
      const one: Wanted = { id, resolve, reject };
      const leave = (): void => {
        wanted.delete(one);
        reject(signal.reason);
      };
      using _leaving = onAbort(signal, leave);
      wanted.add(one);
      if (wanted.size === 1) void endAll();
      return await promise;
    },
  };
}
