import { raceWithDetach } from "../../async/cancellation.ts";
import type { Machine, SubstrateAdapter } from "../../substrate/contract.ts";

/** Lists an owner's machines for all who look for one in one scope. */
export interface MachineLister {
  /**
   * All machines of the owner, by a listing that was begun no earlier than this was asked.
   *
   * @throws what the listing does; the signal's reason
   */
  list(owner: string, signal: AbortSignal): Promise<readonly Machine[]>;
}

/**
 * One listing at a time: who asks while one is under way shares the next, because what was launched meanwhile may be
 * missing from that one. A thousand spawns whose launch was refused after a lost answer look together.
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
    // Everybody may have left by the time it fails.
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
