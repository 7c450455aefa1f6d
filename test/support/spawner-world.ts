import type { SpawnNotice } from "../../src/spawner/notice.ts";
import { createSpawnerRuntime, spawnPlan, terminate } from "../../src/spawner/spawn.ts";
import type { SpawnRequest } from "../../src/spawner/spawn.ts";
import type { SpawnerPorts, WaitOptions } from "../../src/spawner/task.ts";
import { createMemoryLedger } from "../../src/ledger/memory-ledger.ts";
import { createFakeAdapter } from "../../testing/substrate/fake-adapter.ts";
import type { FakeAdapterOptions } from "../../testing/substrate/fake-adapter.ts";
import { createFakeClock } from "../../testing/fake-clock.ts";
import { samplePlan } from "./sample-plan.ts";
import { NO_INPUT } from "../../src/substrate/contract.ts";

export const KEY = { tenant: "default", spawnId: "one" };

/** A spawner on a ledger in memory and a fake substrate. */
export function spawnerWorld(options: Partial<FakeAdapterOptions> = {}) {
  const clock = createFakeClock();
  const plan = samplePlan();
  const adapter = createFakeAdapter({
    clock,
    images: [{ reference: plan.artifact.id, architecture: "amd64", prints: "no such file\n" }],
    places: [{ place: "engine-1" }],
    ...options,
  });
  const ledger = createMemoryLedger();
  const ports: SpawnerPorts = {
    ledger,
    clock,
    random: () => 0.5,
    worker: { id: "worker-1", isGone: () => false },
    openAdapter: () => Promise.resolve(adapter),
    launchSecrets: () => Promise.resolve({ credential: null, environment: {}, files: [] }),
  };
  const notices: SpawnNotice[] = [];
  const request = (changes: Partial<SpawnRequest> = {}): SpawnRequest => ({
    ...KEY,
    plan,
    own: NO_INPUT,
    subject: plan.workspace,
    wait: "running",
    signal: new AbortController().signal,
    detach: new AbortController().signal,
    onEvent: (notice) => notices.push(notice),
    ...changes,
  });
  const runtime = createSpawnerRuntime(ports);
  const waitOptions = (changes: Partial<WaitOptions> = {}): WaitOptions => request(changes);
  return {
    adapter,
    clock,
    ledger,
    ports,
    runtime,
    waitOptions,
    plan,
    request,
    notices,
    spawn: (changes: Partial<SpawnRequest> = {}) =>
      clock.runUntilSettled(spawnPlan(runtime, request(changes))),
    terminate: (changes: Partial<WaitOptions> = {}) =>
      clock.runUntilSettled(terminate(runtime, waitOptions(changes))),
    /** Spawns as another process would, with ports that differ there. */
    spawnElsewhere: (elsewhere: Partial<SpawnerPorts>, changes: Partial<SpawnRequest> = {}) =>
      clock.runUntilSettled(
        spawnPlan(createSpawnerRuntime({ ...ports, ...elsewhere }), request(changes)),
      ),
  };
}
