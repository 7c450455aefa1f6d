import { createSpawnerRuntime, spawnPlan } from "../../src/spawner/spawn.ts";
import type { SpawnRequest } from "../../src/spawner/spawn.ts";
import type { SpawnerPorts } from "../../src/spawner/task.ts";
import type { Launch, SubstrateAdapter } from "../../src/substrate/contract.ts";
import type { RateBucket } from "../../src/pacing/rates.ts";
import type { FakeAdapterOptions } from "../../testing/substrate/fake-adapter.ts";
import { spawnerWorld } from "./spawner-world.ts";

export const BATCH = {
  maximum: 1_000,
  longestSpawnId: null,
  idleMilliseconds: 20,
  longestMilliseconds: 100,
} as const;

export const ONE_A_SECOND: RateBucket = {
  capacity: 1,
  refill: 1,
  everyMilliseconds: 1_000,
  pace: "continuous",
};

/** Duration of a launch call, in milliseconds. */
export const CALL = 500;

/** A spawner on a substrate that launches many machines with one slow call. */
export function burstWorld(
  options: Partial<FakeAdapterOptions> & { readonly callMilliseconds?: number } = {},
) {
  const { capabilities, callMilliseconds = CALL, ...others } = options;
  const here = spawnerWorld({
    shortage: "reject-rest",
    ...others,
    capabilities: {
      batch: BATCH,
      bootDocument: { delivery: "cloud-init", maximumBytes: 16_384, identity: "launch-index" },
      ...capabilities,
    },
  });
  /** The spawn ids of each launch call in order, with its place. */
  const calls: { readonly at: number; readonly place: string; readonly members: string[] }[] = [];
  const start = here.clock.now();
  const adapter: SubstrateAdapter = {
    ...here.adapter,
    capabilities: here.adapter.capabilities,
    async launch(launch: Launch, signal) {
      const members = launch.members.map(({ spawnId }) => spawnId);
      calls.push({ at: here.clock.now() - start, place: launch.place.place, members });
      await here.clock.sleep(callMilliseconds);
      return await here.adapter.launch(launch, signal);
    },
  };
  const ports: SpawnerPorts = { ...here.ports, openAdapter: async () => adapter };
  const world = createSpawnerRuntime(ports);
  return {
    ...here,
    ports,
    world,
    calls,
    /** The number of members in each call. */
    sizes: () => calls.map(({ members }) => members.length),
    /** Begins a spawn without waiting for it. */
    begin: (spawnId: string, changes: Partial<SpawnRequest> = {}) =>
      spawnPlan(world, here.request({ spawnId, ...changes })),
  };
}

/** This many ids. */
export function ids(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `agent-${index}`);
}
