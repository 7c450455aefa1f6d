import { join } from "node:path";
import type { SpawnNotice } from "../../src/slipway.ts";
import { spawnPlan } from "../../src/spawner/spawn.ts";
import type { SpawnerPorts, SpawnRequest } from "../../src/spawner/spawn.ts";
import { createSqliteLedger, LEDGER_MIGRATIONS } from "../../src/spawner/sqlite-ledger.ts";
import { openDatabase } from "../../src/storage/database.ts";
import { createFakeAdapter } from "../../src/testing/fake-adapter.ts";
import type { FakeAdapterOptions } from "../../src/testing/fake-adapter.ts";
import { createFakeClock } from "../../src/testing/fake-clock.ts";
import { samplePlan } from "./sample-plan.ts";
import { scratchFolder } from "./scratch.ts";

export const KEY = { tenant: "default", spawnId: "one" };

/** A spawner on a real ledger and a fake substrate. */
export async function spawnerWorld(options: Partial<FakeAdapterOptions> = {}) {
  const folder = scratchFolder();
  const clock = createFakeClock();
  const plan = samplePlan();
  const adapter = createFakeAdapter({
    clock,
    images: [{ reference: plan.artifact.id, architecture: "amd64", prints: "no such file\n" }],
    places: [{ place: "engine-1" }],
    ...options,
  });
  const database = await openDatabase({
    path: join(folder.path, "slipway.db"),
    migrations: { ledger: LEDGER_MIGRATIONS },
  });
  const ledger = createSqliteLedger(database);
  const ports: SpawnerPorts = {
    ledger,
    clock,
    openAdapter: () => Promise.resolve(adapter),
    launchSecrets: () => Promise.resolve({ credential: null, environment: {}, files: [] }),
  };
  const notices: SpawnNotice[] = [];
  const request = (changes: Partial<SpawnRequest> = {}): SpawnRequest => ({
    ...KEY,
    plan,
    subject: plan.workspace,
    wait: "running",
    signal: new AbortController().signal,
    onEvent: (notice) => notices.push(notice),
    ...changes,
  });
  return {
    adapter,
    clock,
    ledger,
    ports,
    plan,
    request,
    notices,
    spawn: (changes: Partial<SpawnRequest> = {}) =>
      clock.runUntilSettled(spawnPlan(ports, request(changes))),
    async [Symbol.asyncDispose]() {
      await ledger.close();
      folder[Symbol.dispose]();
    },
  };
}
