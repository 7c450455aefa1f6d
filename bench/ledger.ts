import { performance } from "node:perf_hooks";
import { createSlipway } from "../src/slipway/create-slipway.ts";
import type { LaunchPlan } from "../src/plan/plan.ts";
import type { Slipway } from "../src/slipway/slipway.ts";
import { createMemoryLedger } from "../src/ledger/memory-ledger.ts";
import { ec2World } from "./ec2-world.ts";
import type { Ec2World } from "./ec2-world.ts";
import type { Benchmark, Figure } from "./figure.ts";
import { pair } from "./figure.ts";
import { fillLedger, spawnOnce } from "./full-ledger.ts";

const FINISHED = 1_000_000;
const MANY = FINISHED.toLocaleString("en-US");
const RUNS = 100;
/** Reads per measurement: a single one is too short to measure. */
const READINGS = 50;
/** An odd number, so that there is a median run. */
const STARTS = 21;
const MAXIMUM_RECOVER_MILLISECONDS = 50;

/** The cost of durability: records on disk against records in memory, and a million finished spawns against none. */
export const benchmark: Benchmark = {
  name: "ledger",
  async run() {
    await using world = await ec2World();
    const { database, environment, rates } = world;
    const kept = await spawnOnce(world.slipway);
    const fullPath = `${database}.full`;
    await fillLedger(database, fullPath, { kept, count: FINISHED });
    await using full = await createSlipway({ database: fullPath, environment, rates });
    await using forgetful = await createSlipway({
      database,
      environment,
      rates,
      ports: { ledger: createMemoryLedger() },
    });
    return [
      await durability(world, forgetful),
      ...(await size(world, full, kept)),
      await recoverStart(fullPath, environment),
    ];
  },
};

async function durability({ slipway }: Ec2World, forgetful: Slipway): Promise<Figure> {
  const [onDisk, inMemory] = [await spawner(slipway), await spawner(forgetful)];
  return await pair({
    name: "spawn with records on disk / in memory",
    target: 1.3,
    runs: RUNS,
    ours: () => onDisk.spawn(),
    theirs: () => inMemory.spawn(),
    async afterEach() {
      await onDisk.end();
      await inMemory.end();
    },
  });
}

async function size(
  { slipway }: Ec2World,
  full: Slipway,
  kept: string,
): Promise<readonly Figure[]> {
  const [inFull, inEmpty] = [await spawner(full), await spawner(slipway)];
  const beside = `with ${MANY} finished spawns / with next to none`;
  return [
    await pair({
      name: `spawn ${beside}`,
      target: 1.3,
      runs: RUNS,
      ours: () => inFull.spawn(),
      theirs: () => inEmpty.spawn(),
      async afterEach() {
        await inFull.end();
        await inEmpty.end();
      },
    }),
    await pair({
      name: `describe ${beside}`,
      target: 1.3,
      runs: 30,
      ours: () => repeat(() => full.describeSpawn(kept)),
      theirs: () => repeat(() => slipway.describeSpawn(kept)),
    }),
    await pair({
      name: `recover with nothing to do, ${beside}`,
      target: 1.3,
      runs: 30,
      ours: () => repeat(() => full.recover()),
      theirs: () => repeat(() => slipway.recover()),
    }),
  ];
}

/** Starts with opening the full ledger: the time that a starting process waits. */
async function recoverStart(
  database: string,
  environment: Ec2World["environment"],
): Promise<Figure> {
  const times: number[] = [];
  for (let run = 0; run < STARTS; run += 1) {
    const began = performance.now();
    await using slipway = await createSlipway({ database, environment });
    await slipway.recover();
    times.push(performance.now() - began);
  }
  const milliseconds =
    times.toSorted((left, right) => left - right)[(STARTS - 1) / 2] ?? Number.NaN;
  return {
    name: `opening and recover with ${MANY} finished spawns / bound`,
    target: 1,
    ratio: milliseconds / MAXIMUM_RECOVER_MILLISECONDS,
    medians: [milliseconds, MAXIMUM_RECOVER_MILLISECONDS],
    runs: STARTS,
  };
}

/** Warm spawns of one plan, and the termination of those that exist. */
async function spawner(slipway: Slipway) {
  let plan: LaunchPlan = await slipway.resolveWorkspace("bench");
  let resolvedAt = performance.now();
  const spawned: string[] = [];
  return {
    async spawn(): Promise<void> {
      const { spawnId } = await slipway.spawnWorkspace(plan, { wait: "accepted" });
      spawned.push(spawnId);
    },
    async end(): Promise<void> {
      for (const spawnId of spawned.splice(0)) await slipway.terminateSpawn(spawnId);
      if (performance.now() - resolvedAt < 30_000) return;
      plan = await slipway.resolveWorkspace("bench");
      resolvedAt = performance.now();
    },
  };
}

async function repeat(read: () => Promise<unknown>): Promise<void> {
  for (let count = 0; count < READINGS; count += 1) await read();
}
