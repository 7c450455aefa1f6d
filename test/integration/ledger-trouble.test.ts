import { open, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { LEDGER_MIGRATIONS } from "../../src/ledger/ledger-schema.ts";
import { recover } from "../../src/spawner/recover.ts";
import { createSpawnerRuntime } from "../../src/spawner/spawn.ts";
import { createSqliteLedger } from "../../src/ledger/sqlite-ledger.ts";
import { sweep } from "../../src/spawner/sweep.ts";
import { openDatabase } from "../../src/storage/database.ts";
import type { FakeAdapterOptions } from "../../testing/substrate/fake-adapter.ts";
import type { SubstrateAdapter } from "../../src/substrate/contract.ts";
import { caughtError } from "../support/caught.ts";
import { samplePlan } from "../support/sample-plan.ts";
import { scratchFolder } from "../support/scratch.ts";
import { KEY, spawnerWorld } from "../support/spawner-world.ts";

const MIGRATIONS = { ledger: LEDGER_MIGRATIONS };
const HOUR = 3_600_000;
const signal = new AbortController().signal;
const onEvent = () => undefined;

/** A spawner on a ledger in a file, which can be brought into trouble with SQL. */
async function onDisk(options: Partial<FakeAdapterOptions> = {}) {
  const folder = scratchFolder();
  const path = join(folder.path, "slipway.db");
  const database = await openDatabase({ path, migrations: MIGRATIONS });
  const ledger = createSqliteLedger(database);
  const here = spawnerWorld(options);
  const ports = { ...here.ports, ledger };
  return {
    ...here,
    path,
    ledger,
    ports,
    spawn: (changes = {}) => here.spawnElsewhere({ ledger }, changes),
    pragma: (text: string) => database.read((connection) => connection.get(`PRAGMA ${text}`)),
    sql: (text: string) => database.write((connection) => connection.run(text)),
    async [Symbol.asyncDispose]() {
      await database.close();
      folder[Symbol.dispose]();
    },
  };
}

type OnDisk = Awaited<ReturnType<typeof onDisk>>;

/** What keeps the file from being written, the error that says so, and the end of it. */
const TROUBLES = [
  {
    what: "full disk",
    reason: "STORAGE_FULL",
    code: "RESOURCE_EXHAUSTED",
    begin: async ({ pragma }: OnDisk) => void (await pragma("max_page_count = 1")),
    end: async ({ pragma }: OnDisk) => void (await pragma("max_page_count = 1000000")),
  },
  {
    what: "file that may not be written",
    reason: "STORAGE_READ_ONLY",
    code: "FAILED_PRECONDITION",
    begin: async ({ pragma }: OnDisk) => void (await pragma("query_only = 1")),
    end: async ({ pragma }: OnDisk) => void (await pragma("query_only = 0")),
  },
] as const;

/** More than the pages that the file has can take. */
const LONG = "x".repeat(10_000);
const bigPlan = samplePlan({ checks: [{ name: "long", outcome: "passed", message: LONG }] });

describe.each(TROUBLES)("a $what", ({ reason, code, begin, end }) => {
  it("launches nothing that is not recorded, says why, and goes on once it is over", async () => {
    await using here = await onDisk();
    await begin(here);
    const error = await caughtError(() => here.spawn({ plan: bigPlan }));
    expect(error).toMatchObject({ reason, code });
    expect(error.message).toContain(here.path);
    expect(error.remedy).not.toBe(null);
    expect(here.adapter.calls.launch).toBe(0);
    expect(await here.ledger.find(KEY)).toBe(null);
    await end(here);
    expect(await here.spawn({ plan: bigPlan })).toMatchObject({ state: "running" });
    expect(here.adapter.machines).toHaveLength(1);
  });

  it("between launch and record leaves a spawn that is recovered with its one machine", async () => {
    await using here = await onDisk();
    const openAdapter = () => Promise.resolve({ ...here.adapter, launch });
    const launch: SubstrateAdapter["launch"] = async (...parameters) => {
      const [outcome] = await here.adapter.launch(...parameters);
      if (outcome?.outcome !== "accepted") throw new Error("the fake refused the launch");
      await begin(here);
      const addresses = { private: null, public: LONG };
      return [{ ...outcome, machine: { ...outcome.machine, addresses } }];
    };
    const spawning = here.spawnElsewhere({ ledger: here.ledger, openAdapter });
    await expect(spawning).rejects.toMatchObject({ reason });
    await end(here);
    const worker = { id: "worker-2", isGone: () => true };
    const later = createSpawnerRuntime({ ...here.ports, worker });
    const request = { tenant: "default", signal, onEvent };
    await here.clock.runUntilSettled(recover(later, request));
    const { spawn } = (await here.ledger.find(KEY)) ?? {};
    expect(spawn).toMatchObject({ state: "running", attempts: [{ outcome: "accepted" }] });
    expect(here.adapter.machines.map(({ id }) => id)).toEqual([spawn?.machine?.id]);
  });
});

describe("a damaged file", () => {
  it("launches nothing", async () => {
    await using here = await onDisk();
    await here.spawn();
    await here.pragma("wal_checkpoint(TRUNCATE)");
    await ruin(here.path);
    await here.pragma("shrink_memory");
    const error = await caughtError(() => here.spawn({ spawnId: "two" }));
    expect(error).toMatchObject({ code: "FAILED_PRECONDITION", reason: "STORAGE_DAMAGED" });
    expect(here.adapter.calls.launch).toBe(1);
  });

  it.each([
    ["plan", "UPDATE plans SET plan = '{'"],
    ["plan that was changed", `UPDATE plans SET plan = replace(plan, 'agent-dev', 'other')`],
    ["state", "UPDATE spawns SET state = 'asleep'"],
    ["machine", "UPDATE spawns SET machine = '{}'"],
    ["launch", "UPDATE launches SET outcome = 'maybe'"],
  ])("with an unreadable %s neither spawns nor ends that spawn, and says so", async (_, damage) => {
    await using here = await onDisk();
    await here.spawn();
    await here.sql(damage);
    for (const action of [() => here.spawn(), () => here.ledger.describe(KEY)])
      expect(await caughtError(action)).toMatchObject({
        code: "FAILED_PRECONDITION",
        reason: "STORAGE_DAMAGED",
      });
    for (let pass = 0; pass < 2; pass += 1)
      await Promise.allSettled([
        sweep(here.ports, { targets: [here.plan.target], grace: 0, dryRun: false, signal }),
      ]);
    expect(here.adapter.calls).toMatchObject({ launch: 1, terminate: 0 });
    expect(here.adapter.machines).toHaveLength(1);
  });
});

/** Overwrites all of the file but its first page. */
async function ruin(path: string): Promise<void> {
  const { size } = await stat(path);
  const file = await open(path, "r+");
  await file.write(Buffer.alloc(size - 4_096, 0xa5), 0, size - 4_096, 4_096);
  await file.close();
  expect((await readFile(path)).at(-1)).toBe(0xa5);
}

describe("a file of another schema version", () => {
  it("is refused by name, and not touched", async () => {
    using folder = scratchFolder();
    const path = join(folder.path, "slipway.db");
    const newer = { ledger: [...LEDGER_MIGRATIONS, "CREATE TABLE future (id INTEGER)"] };
    await (await openDatabase({ path, migrations: newer })).close();
    const before = await readFile(path);
    const error = await caughtError(() => openDatabase({ path, migrations: MIGRATIONS }));
    expect(error).toMatchObject({ code: "FAILED_PRECONDITION", reason: "STORAGE_VERSION" });
    expect(error.message).toContain("ledger schema");
    expect(await readFile(path)).toEqual(before);
  });
});

describe("a clock that was set back", () => {
  const back = (here: OnDisk) => ({ ...here.clock, now: () => here.clock.now() - HOUR });

  it("brings a spawn whose worker died to its one machine, with the same token", async () => {
    await using here = await onDisk({
      faults: [{ verb: "launch", kind: "lost-after", times: Infinity }],
    });
    await expect(here.spawn()).rejects.toMatchObject({ reason: "SPAWN_UNSETTLED" });
    const other = here.adapter.reopen();
    const clock = back(here);
    const worker = { id: "worker-2", isGone: () => true };
    const openAdapter = () =>
      Promise.resolve({ ...other, launch: here.adapter.launch.bind(here.adapter) });
    const world = createSpawnerRuntime({ ...here.ports, clock, worker, openAdapter });
    const request = { tenant: "default", signal, onEvent };
    const [recovered] = await here.clock.runUntilSettled(recover(world, request));
    expect(recovered?.error).toMatchObject({ reason: "SPAWN_UNSETTLED" });
    expect(here.adapter.machines).toHaveLength(1);
    const tokens = here.adapter.history.flatMap(({ token }) => token ?? []);
    expect(new Set(tokens).size).toBe(1);
  });

  it("terminates no suspect before its time", async () => {
    await using here = await onDisk();
    await here.spawn();
    await here.sql("UPDATE spawns SET state = 'terminated'");
    const request = { targets: [], grace: 1_000, dryRun: false, signal };
    expect((await sweep(here.ports, request)).suspects).toHaveLength(1);
    await here.clock.advance(2_000);
    const early = await sweep({ ...here.ports, clock: back(here) }, request);
    expect(early).toMatchObject({ terminated: [], suspects: [{}] });
    expect(here.adapter.machines).toHaveLength(1);
    expect((await sweep(here.ports, request)).terminated).toHaveLength(1);
    expect(here.adapter.machines).toEqual([]);
  });
});
