import type { PlacementTarget } from "../../src/plan.ts";
import { SlipwayError } from "../../src/errors.ts";
import type { SubstrateAdapter } from "../../src/substrate/contract.ts";
import { createDockerAdapter } from "./adapter.ts";
import type { DockerAdapterOptions } from "./adapter.ts";

export { createDockerAdapter } from "./adapter.ts";
export type { DockerAdapterOptions } from "./adapter.ts";
export type { DockerEnvironment } from "./endpoint-provider.ts";
export type { HostPlatforms } from "./host-platforms.ts";
export type { PullTimeouts } from "./pull.ts";

/** Opens adapters by placement; the same engine has the same adapter, with its connections and pulls. */
export interface DockerAdapters {
  /** Throws `SUBSTRATE_MISMATCH` for a placement that is not on an engine. */
  open(target: PlacementTarget): SubstrateAdapter;
  close(): Promise<void>;
}

export function createDockerAdapters(options: Omit<DockerAdapterOptions, "host">): DockerAdapters {
  // Network, labels and the like travel with each plan: an adapter is one engine's.
  const adapters = new Map<string | null, SubstrateAdapter>();
  return {
    open(target) {
      if (target.substrate !== "DOCKER") throw notDocker(target);
      const { host } = target;
      const adapter = adapters.get(host) ?? createDockerAdapter({ ...options, host });
      adapters.set(host, adapter);
      return adapter;
    },
    async close() {
      const open = [...adapters.values()];
      adapters.clear();
      await Promise.all(open.map((adapter) => adapter.close()));
    },
  };
}

function notDocker({ substrate }: PlacementTarget): SlipwayError {
  return new SlipwayError({
    code: "INVALID_ARGUMENT",
    reason: "SUBSTRATE_MISMATCH",
    message: `a placement on ${substrate} is not on a Docker engine`,
    remedy: "Name a placement of the substrate DOCKER.",
  });
}
