import { afterEach, beforeEach } from "vitest";
import type { SubstrateAdapter } from "../../../src/substrate/contract.ts";
import { startRegistry } from "../../../testing/registry/index.ts";
import type { TestRegistry } from "../../../testing/registry/index.ts";
import { adapterOf } from "../../support/docker-subject.ts";
import { removeImagesOf } from "../../support/engine-client.ts";
import type { EnginePeer } from "../../support/peers.ts";

/** A registry and an adapter of the engine that pulls from it. */
interface Pulling {
  readonly registry: TestRegistry;
  readonly adapter: SubstrateAdapter;
}

/** Opens both for each test of a suite. Afterwards the engine has no image of the registry. */
export function usePulling(engine: EnginePeer): () => Pulling {
  let opened: Pulling | null = null;
  beforeEach(async () => {
    opened = { registry: await startRegistry(), adapter: adapterOf(engine) };
  });
  afterEach(async () => {
    const { registry, adapter } = current();
    await removeImagesOf(engine, registry.host);
    await adapter.close();
    await registry.close();
  });
  const current = (): Pulling => {
    if (opened === null) throw new Error("no test is running");
    return opened;
  };
  return current;
}
