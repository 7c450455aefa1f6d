import type { Ledger } from "../src/ledger/ledger.ts";
import type { SubstrateAdapter } from "../src/substrate/contract.ts";

/**
 * Named points before and after every ledger call and every adapter call, for example `ledger.begin:before` and
 * `adapter.launch:after`. A crash test ends its process at one of them. A launcher that keeps its guarantees survives a
 * crash at any of them.
 */
export interface CrashPoints {
  ledger(ledger: Ledger): Ledger;
  adapter(adapter: SubstrateAdapter): SubstrateAdapter;
}

/** Called at each point. The wrapped call continues when the returned promise resolves. */
export type CrashPointHook = (point: string) => Promise<void>;

export function createCrashPoints(onPoint: CrashPointHook): CrashPoints {
  return {
    ledger: (ledger) => wrapMethods("ledger", ledger, onPoint),
    adapter: (adapter) => wrapMethods("adapter", adapter, onPoint),
  };
}

/** Wraps the methods that return a promise. Streams (`logs`) and plain data pass through unchanged. */
function wrapMethods<T extends object>(name: string, port: T, onPoint: CrashPointHook): T {
  return new Proxy(port, {
    get(target, key) {
      const member: unknown = Reflect.get(target, key);
      if (typeof member !== "function" || typeof key !== "string" || key === "logs") return member;
      return async (...given: readonly unknown[]) => {
        await onPoint(`${name}.${key}:before`);
        const result: unknown = await Reflect.apply(member, target, given);
        await onPoint(`${name}.${key}:after`);
        return result;
      };
    },
  });
}
