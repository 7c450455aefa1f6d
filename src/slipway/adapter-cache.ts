import { canonicalJson } from "../json/canonical-json.ts";
import { memoizeAsync, memoizeFrozen } from "../async/memoize.ts";
import type { PlacementTarget } from "../plan/plan.ts";
import type { OpenAdapter, SubstrateAdapter } from "../substrate/contract.ts";

export interface AdapterCache {
  readonly openAdapter: OpenAdapter;
  /** Closes every adapter that was opened. */
  readonly close: () => Promise<void>;
}

/**
 * Keeps one adapter for each scope (an engine, or an account and region with its roles) until `close`, so that
 * connections, tokens and running pulls are shared. A failure to open an adapter is not cached.
 */
export function cacheAdapters(open: OpenAdapter): AdapterCache {
  const opening = new Set<Promise<SubstrateAdapter>>();
  return {
    openAdapter: memoizeAsync(
      (target: PlacementTarget) => {
        const adapter = open(target);
        opening.add(adapter);
        return adapter;
      },
      { keyOf: scopeOf },
    ),
    async close() {
      const adapters = await Promise.allSettled(opening);
      opening.clear();
      for (const each of adapters) if (each.status === "fulfilled") await each.value.close();
    },
  };
}

/** Equal for targets whose adapters reach the same endpoint with the same identity. */
export const scopeOf = memoizeFrozen((target: PlacementTarget) =>
  canonicalJson(adapterScope(target)),
);

/** The part of a target that determines an adapter's endpoint and identity. */
function adapterScope(target: PlacementTarget) {
  switch (target.substrate) {
    case "AWS": {
      const { substrate, accountId, region, roleArn, readonlyRoleArn } = target;
      return { substrate, accountId, region, roleArn, readonlyRoleArn };
    }
    case "GCP": {
      const { substrate, project, wifProviderResourceName } = target;
      const { wifServiceAccount, wifReadonlyServiceAccount } = target;
      return {
        substrate,
        project,
        wifProviderResourceName,
        wifServiceAccount,
        wifReadonlyServiceAccount,
      };
    }
    case "DOCKER":
      return { substrate: target.substrate, host: target.host };
  }
}
