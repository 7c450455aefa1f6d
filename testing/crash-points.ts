import type { Ledger } from "../src/ledger/ledger.ts";
import type { SubstrateAdapter } from "../src/substrate/contract.ts";

/**
 * Named points before and after every ledger call and every adapter call, such as `ledger.begin:before` or
 * `adapter.launch:after`: where a crash test ends its process, and where a launcher that keeps its promise may be ended
 * without harm.
 */
export interface CrashPoints {
  ledger(ledger: Ledger): Ledger;
  adapter(adapter: SubstrateAdapter): SubstrateAdapter;
}

/** What is told of each point that is reached; the call goes on when it has resolved. */
export type Reach = (point: string) => Promise<void>;

export function createCrashPoints(reach: Reach): CrashPoints {
  return {
    ledger: (ledger) => around("ledger", ledger, reach),
    adapter: (adapter) => around("adapter", adapter, reach),
  };
}

/** Calls that answer with a promise are told of; what streams, and what is data, is passed on as it is. */
function around<T extends object>(name: string, port: T, reach: Reach): T {
  return new Proxy(port, {
    get(target, key) {
      const member: unknown = Reflect.get(target, key);
      if (typeof member !== "function" || typeof key !== "string" || key === "logs") return member;
      return async (...given: readonly unknown[]) => {
        await reach(`${name}.${key}:before`);
        const result: unknown = await Reflect.apply(member, target, given);
        await reach(`${name}.${key}:after`);
        return result;
      };
    },
  });
}
