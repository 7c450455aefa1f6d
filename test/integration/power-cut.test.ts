import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CATALOG_MIGRATIONS } from "../../src/catalog/store/sqlite-store.ts";
import { systemProcessIdentity } from "../../src/host/system-process-identity.ts";
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
  /** Ids of the machines that lived before the power cut. */
  readonly living: readonly string[];
  /** Ids of those that live after recovery and two sweeps. */
  readonly left: readonly string[];
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
  const worker = { ...systemProcessIdentity(), isGone: () => true };
  await using fresh = await createSlipway({
    database: cutPower(folder.path),
    keyFile,
    environment,
    ports: { worker },
  });
  const after = await spawnsOf(fresh);
  await fresh.recover();
  const recovered = await spawnsOf(fresh);
  await fresh.sweep({ grace: 0 });
  await fresh.sweep({ grace: 0 });
  const left = await substrate.machines();
  for (const { spawnId } of recovered) await fresh.terminateSpawn(spawnId);
  return { before, after, recovered, living: living.toSorted(), left: left.toSorted() };
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

/** What is left where every acceptance was lost, and recovery has found the same machines by the same tokens. */
function sameMachines(before: readonly Known[]): Aftermath {
  const ids = before.map(({ machineId }) => machineId ?? "").toSorted();
  return {
    before,
    after: before.map((known) => ({ ...known, state: "launching", machineId: null })),
    recovered: before.map((known) => ({ ...known, state: "running" })),
    living: ids,
    left: ids,
  };
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
      const aftermath = await powerCut(substrate, count);
      expect(aftermath.living).toHaveLength(count);
      expect(aftermath).toEqual(sameMachines(aftermath.before));
    },
  );
});

describeWithEngine("a power cut right after a container was accepted", (engine) => {
  it("leaves each container to its spawn", { timeout: SLOW }, async () => {
    await using substrate = await crashOnDocker(engine);
    const aftermath = await powerCut(substrate, 3);
    expect(aftermath.living).toHaveLength(3);
    expect(aftermath).toEqual(sameMachines(aftermath.before));
  });
});
