import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { LEDGER_MIGRATIONS } from "../../../src/ledger/ledger-schema.ts";
import { createSqliteLedger } from "../../../src/ledger/sqlite-ledger.ts";
import { watchSpawns } from "../../../src/spawner/watch.ts";
import { openDatabase } from "../../../src/storage/database.ts";
import { createFakeClock } from "../../../testing/fake-clock.ts";
import { samplePlan } from "../../support/sample-plan.ts";
import { scratchFolder } from "../../support/scratch.ts";
import type { NewSpawn } from "../../../src/ledger/ledger.ts";
import { NO_INPUT } from "../../../src/substrate/contract.ts";

const TENANT = "default";
const begun = (spawnId: string, at: string): NewSpawn => ({
  tenant: TENANT,
  spawnId,
  plan: samplePlan(),
  own: NO_INPUT,
  launch: { candidate: 0, place: "engine-1", machineType: null, token: "0123", member: 0 },
  worker: "test",
  leaseUntil: Number.MAX_SAFE_INTEGER,
  at,
});

async function openLedger() {
  const folder = scratchFolder();
  const database = await openDatabase({
    path: join(folder.path, "slipway.db"),
    migrations: { ledger: LEDGER_MIGRATIONS },
  });
  return Object.assign(createSqliteLedger(database), {
    async [Symbol.asyncDispose]() {
      await database.close();
      folder[Symbol.dispose]();
    },
  });
}

it("ends with CANCELLED when its signal is aborted while nothing happens", async () => {
  const clock = createFakeClock();
  await using ledger = await openLedger();
  await ledger.begin([begun("one", "2026-11-22T04:00:00.000Z")], null);
  const controller = new AbortController();
  const { signal } = controller;
  const watched = watchSpawns({
    ledger,
    clock,
    tenant: TENANT,
    spawnIds: ["one"],
    since: "all",
    until: "settled",
    signal,
  });
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

describe("the first event", () => {
  it.each([
    ["now", ["three"]],
    ["2026-11-22T05:00:00.000Z", ["two", "two", "three"]],
    ["all", ["one", "one", "two", "two", "three"]],
  ])("since %s", async (since, ids) => {
    const clock = createFakeClock();
    await using ledger = await openLedger();
    await ledger.begin([begun("one", "2026-11-22T04:00:00.000Z")], null);
    await ledger.begin([begun("two", "2026-11-22T05:00:00.000Z")], null);
    const { signal } = new AbortController();
    const watched = watchSpawns({
      ledger,
      clock,
      tenant: TENANT,
      spawnIds: [],
      since,
      until: "aborted",
      signal,
    });
    const next = watched.next();
    await clock.advance(10);
    await ledger.begin([begun("three", "2026-11-22T06:00:00.000Z")], null);
    const seen: (string | undefined)[] = [(await clock.runUntilSettled(next)).value?.spawnId];
    while (seen.at(-1) !== "three")
      seen.push((await clock.runUntilSettled(watched.next())).value?.spawnId);
    await watched.return();
    expect(seen).toEqual(ids);
  });
});
