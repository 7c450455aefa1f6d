import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CATALOG_MIGRATIONS } from "../../src/catalog/store/sqlite-store.ts";
import { systemDriver } from "../../src/host/system-process-identity.ts";
import { LEDGER_MIGRATIONS } from "../../src/ledger/ledger-schema.ts";
import { createSqliteLedger } from "../../src/ledger/sqlite-ledger.ts";
import type { Spawn } from "../../src/ledger/spawn-record.ts";
import { createSlipway } from "../../src/slipway/create-slipway.ts";
import type { Slipway } from "../../src/slipway/slipway.ts";
import { openDatabase } from "../../src/storage/database.ts";
import type { CrashSubstrate } from "../support/crash/crash-scene.ts";
import { crashOnDocker, crashOnEc2, crashOnGce } from "../support/crash/crash-substrates.ts";
import { describeWithEngine } from "../support/peers.ts";
import { scratchFolder } from "../support/scratch.ts";
import { withPowerCuts } from "../support/storage/power-cut.ts";

const SLOW = 120_000;

interface Known {
  readonly spawnId: string;
  readonly state: string;
  readonly machineId: string | null;
  readonly tokens: readonly string[];
}

interface Aftermath {
  /** What the callers were given before the power cut. */
  readonly before: readonly Known[];
  /** What the ledger knew after it. */
  readonly after: readonly Known[];
  readonly recovered: readonly Known[];
  /** What lived before the power cut, and after recovery and two sweeps. */
  readonly machines: readonly (readonly string[])[];
}

/** Spawns so many machines until they are accepted, cuts the power, and recovers on what is left of the ledger. */
async function powerCut(substrate: CrashSubstrate, count: number): Promise<Aftermath> {
  using folder = scratchFolder();
  const environment = { HOME: folder.path, ...substrate.environment };
  const migrations = { catalog: CATALOG_MIGRATIONS, ledger: LEDGER_MIGRATIONS };
  const keyFile = join(folder.path, "slipway.key");
  await using file = await openDatabase({ path: join(folder.path, "slipway.db"), migrations });
  const { database, cutPower } = await withPowerCuts(file);
  const ports = { ledger: createSqliteLedger(database) };
  await using slipway = await createSlipway({ database: file.path, keyFile, environment, ports });
  const workspace = await substrate.prepare(slipway);
  const results = await slipway.spawnWorkspaces(
    Array.from({ length: count }, (_, index) => ({ workspace, spawnId: `one-${index}` })),
    { wait: "accepted" },
  );
  for (const { error } of results) if (error !== null) throw error;
  const before = await spawnsOf(slipway);
  const living = await substrate.machines();

  // After a power cut no process is left that drove anything.
  const driver = { ...systemDriver(), isGone: () => true };
  await using fresh = await createSlipway({
    database: cutPower(folder.path),
    keyFile,
    environment,
    ports: { driver },
  });
  const after = await spawnsOf(fresh);
  await fresh.recover();
  const recovered = await spawnsOf(fresh);
  await fresh.sweep({ grace: 0 });
  await fresh.sweep({ grace: 0 });
  const machines = [living.toSorted(), (await substrate.machines()).toSorted()];
  for (const { spawnId } of recovered) await fresh.terminateSpawn(spawnId);
  return { before, after, recovered, machines };
}

async function spawnsOf(slipway: Slipway): Promise<readonly Known[]> {
  const spawns: readonly Spawn[] = await slipway.listSpawns();
  return spawns
    .map(({ spawnId, state, machine, attempts }) => ({
      spawnId,
      state,
      machineId: machine?.id ?? null,
      tokens: attempts.map(({ token }) => token),
    }))
    .toSorted((one, other) => (one.spawnId < other.spawnId ? -1 : 1));
}

/** Every acceptance was lost, and recovery has found the same machine by the same token. */
function expectSameMachines(aftermath: Aftermath, count: number): void {
  const { before, after, recovered, machines } = aftermath;
  const launching = before.map((known) => ({ ...known, state: "launching", machineId: null }));
  expect(after).toEqual(launching);
  expect(recovered).toEqual(before.map((known) => ({ ...known, state: "running" })));
  const [living, left] = machines;
  expect(new Set(before.map(({ machineId }) => machineId)).size).toBe(count);
  expect(living).toEqual(before.map(({ machineId }) => machineId).toSorted());
  expect(left).toEqual(living);
}

describe("a power cut right after a launch was accepted", () => {
  it.each([
    { name: "EC2", open: crashOnEc2, count: 1, room: 1 },
    { name: "EC2", open: crashOnEc2, count: 1, room: 0 },
    { name: "EC2", open: crashOnEc2, count: 12, room: 12 },
    { name: "Compute Engine", open: crashOnGce, count: 1, room: 1 },
    { name: "Compute Engine", open: crashOnGce, count: 1, room: 0 },
    { name: "Compute Engine", open: crashOnGce, count: 12, room: 12 },
  ])(
    "leaves $count on $name to their spawns, with room for $room in the first place",
    { timeout: SLOW },
    async ({ open, count, room }) => {
      await using substrate = await open({ room });
      expectSameMachines(await powerCut(substrate, count), count);
    },
  );
});

describeWithEngine("a power cut right after a container was accepted", (engine) => {
  it("leaves each container to its spawn", { timeout: SLOW }, async () => {
    await using substrate = await crashOnDocker(engine);
    expectSameMachines(await powerCut(substrate, 3), 3);
  });
});
