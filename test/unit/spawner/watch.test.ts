import { join } from "node:path";
import { expect, it } from "vitest";
import { LEDGER_MIGRATIONS } from "../../../src/ledger/ledger-schema.ts";
import { createSqliteLedger } from "../../../src/ledger/sqlite-ledger.ts";
import { watchSpawns } from "../../../src/spawner/watch.ts";
import { openDatabase } from "../../../src/storage/database.ts";
import { createFakeClock } from "../../../testing/fake-clock.ts";
import { samplePlan } from "../../support/sample-plan.ts";
import { scratchFolder } from "../../support/scratch.ts";
import { NO_INPUT } from "../../../src/substrate/contract.ts";

it("ends with CANCELLED when its signal is aborted while nothing happens", async () => {
  using folder = scratchFolder();
  const clock = createFakeClock();
  const database = await openDatabase({
    path: join(folder.path, "slipway.db"),
    migrations: { ledger: LEDGER_MIGRATIONS },
  });
  await using ledger = Object.assign(createSqliteLedger(database), {
    [Symbol.asyncDispose]: () => database.close(),
  });
  const key = { tenant: "default", spawnId: "one" };
  await ledger.begin(
    [
      {
        ...key,
        plan: samplePlan(),
        own: NO_INPUT,
        launch: { candidate: 0, place: "engine-1", machineType: null, token: "0123", member: 0 },
        worker: "test",
        leaseUntil: clock.now() + 30_000,
        at: "2026-11-22T04:00:00.000Z",
      },
    ],
    null,
  );
  const controller = new AbortController();
  const { signal } = controller;
  const watched = watchSpawns({ ledger, clock, tenant: "default", spawnIds: ["one"], signal });
  const states = [await watched.next(), await watched.next()].map(({ value }) => value?.state);
  expect(states).toEqual(["pending", "launching"]);
  const next = watched.next();
  const stopping = clock.advance(10).then(() => controller.abort());
  await expect(clock.runUntilSettled(next)).rejects.toMatchObject({
    name: "SlipwayError",
    code: "CANCELLED",
    reason: "INTERRUPTED",
  });
  await stopping;
});
