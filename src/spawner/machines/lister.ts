import { raceWithDetach } from "../../async/cancellation.ts";
import type { Machine, SubstrateAdapter } from "../../substrate/contract.ts";

/** Lists an owner's machines on behalf of all callers in one scope. */
export interface MachineLister {
  /**
   * All machines of the owner, from a listing that starts after this call.
   *
   * @throws the listing's error; the signal's reason
   */
  list(owner: string, signal: AbortSignal): Promise<readonly Machine[]>;
}

/**
 * Runs one listing at a time. Callers that arrive during a listing share the next one, because the current one may miss
 * machines that were launched since it started. A thousand spawns whose launch was refused after a lost answer share
 * few listings.
 */
export function createMachineLister(adapter: SubstrateAdapter): MachineLister {
  const next = new Map<string, Promise<readonly Machine[]>>();
  let last: Promise<unknown> = Promise.resolve();

  const listNext = (owner: string): Promise<readonly Machine[]> => {
    const known = next.get(owner);
    if (known !== undefined) return known;
    const before = last;
    const listing = async (): Promise<readonly Machine[]> => {
      await Promise.allSettled([before]);
      next.delete(owner);
      return await adapter.list(owner, new AbortController().signal);
    };
    const listed = listing();
    last = listed;
    next.set(owner, listed);
    // All callers may have left when it fails.
    listed.catch(() => undefined);
    return listed;
  };

  return {
    async list(owner, signal) {
      signal.throwIfAborted();
      return await raceWithDetach(listNext(owner), { signal });
    },
  };
}
