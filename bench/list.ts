import { createSlipway } from "../src/slipway/create-slipway.ts";
import { ec2World } from "./ec2-world.ts";
import { pair } from "./figure.ts";
import type { Benchmark } from "./figure.ts";
import { fillLedger, spawnOnce } from "./full-ledger.ts";

const FINISHED = 100_000;
const LIVE = 20;
const RUNS = 30;
/** Lists per measurement: a single one is too short to measure. */
const LISTS = 20;

/** The live spawns among many finished ones, as `slipway list` shows them. */
export const benchmark: Benchmark = {
  name: "list",
  async run() {
    await using world = await ec2World();
    const { database, environment, rates, slipway } = world;
    const kept = await spawnOnce(slipway);
    for (let count = 0; count < LIVE; count += 1)
      await slipway.spawnWorkspace("bench", { wait: "accepted" });
    const path = `${database}.full`;
    await fillLedger(database, path, { kept, count: FINISHED });
    await using full = await createSlipway({ database: path, environment, rates });
    const beside = `with ${FINISHED.toLocaleString("en-US")} finished spawns / with none`;
    return [
      await pair({
        name: `list ${beside}`,
        target: 1.3,
        runs: RUNS,
        ours: () => repeat(() => full.listSpawns({ live: true })),
        theirs: () => repeat(() => slipway.listSpawns({ live: true })),
      }),
      await pair({
        name: `list of one workspace ${beside}`,
        target: 1.3,
        runs: RUNS,
        ours: () => repeat(() => full.listSpawns({ live: true, workspace: "bench" })),
        theirs: () => repeat(() => slipway.listSpawns({ live: true, workspace: "bench" })),
      }),
      await pair({
        name: `list of the last 20 of all spawns ${beside}`,
        target: 1.3,
        runs: RUNS,
        ours: () => repeat(() => full.listSpawns({ limit: LIVE })),
        theirs: () => repeat(() => slipway.listSpawns({ limit: LIVE })),
      }),
    ];
  },
};

async function repeat(list: () => Promise<unknown>): Promise<void> {
  for (let count = 0; count < LISTS; count += 1) await list();
}
