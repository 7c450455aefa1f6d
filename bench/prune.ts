import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { z } from "zod";
import type { Ledger } from "../src/ledger/ledger.ts";
import { createSqliteLedger } from "../src/ledger/sqlite-ledger.ts";
import type { LaunchPlan } from "../src/plan/plan.ts";
import { openDatabase } from "../src/storage/database.ts";
import { NO_INPUT } from "../src/substrate/contract.ts";
import { ec2World } from "./ec2-world.ts";
import { time } from "./figure.ts";
import type { Benchmark, Figure } from "./figure.ts";
import { fillLedger, spawnOnce } from "./full-ledger.ts";

const FINISHED = 1_000_000;
const MANY = FINISHED.toLocaleString("en-US");
const MAXIMUM_BEGIN_MILLISECONDS = 100;
const MAXIMUM_LOG_MEGABYTES = 64;
/** Between two spawns, in milliseconds. */
const PAUSE = 5;
const PROCESS = join(import.meta.dirname, "prune-process.ts");
const reportSchema = z.object({ spawns: z.int(), complete: z.literal(true) });

/** A process that spawns while another one prunes a million spawns. */
export const benchmark: Benchmark = {
  name: "prune",
  async run() {
    await using world = await ec2World();
    const { database, slipway } = world;
    const kept = await spawnOnce(slipway);
    const plan = await slipway.resolveWorkspace("bench");
    const path = `${database}.full`;
    await fillLedger(database, path, { kept, count: FINISHED });
    await using full = await openDatabase({ path, migrations: {} });
    const spawning = spawnUntilStopped(createSqliteLedger(full), plan, `${path}-wal`);
    let deleted = 0;
    const milliseconds = await time(async () => {
      const { stdout } = await promisify(execFile)(process.execPath, [PROCESS, path]);
      deleted = reportSchema.parse(JSON.parse(stdout)).spawns;
    });
    const { begins, largestLog } = await spawning.stop();
    if (deleted <= FINISHED) throw new Error(`${deleted} spawns were deleted`);
    return figures(begins, largestLog / 1e6, milliseconds);
  },
};

function figures(
  begins: readonly number[],
  megabytes: number,
  milliseconds: number,
): readonly Figure[] {
  const longest = Math.max(...begins);
  const beside = `while ${MANY} finished spawns are pruned`;
  return [
    {
      name: `longest record of a new spawn ${beside} / bound`,
      target: 1,
      ratio: longest / MAXIMUM_BEGIN_MILLISECONDS,
      medians: [longest, MAXIMUM_BEGIN_MILLISECONDS],
      runs: begins.length,
    },
    {
      name: `largest write-ahead log ${beside} / bound`,
      target: 1,
      ratio: megabytes / MAXIMUM_LOG_MEGABYTES,
      medians: [megabytes, MAXIMUM_LOG_MEGABYTES],
      unit: "MB",
      runs: 1,
    },
    {
      name: `prune of ${MANY} finished spawns beside a process that spawns`,
      target: null,
      ratio: null,
      medians: [milliseconds, Number.NaN],
      runs: 1,
    },
  ];
}

/** Records one spawn after another, and measures how long each record takes. */
function spawnUntilStopped(ledger: Ledger, plan: LaunchPlan, log: string) {
  const begins: number[] = [];
  let largestLog = 0;
  const stopping = new AbortController();
  const spawn = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      begins.push(await time(() => begin(ledger, plan, begins.length)));
      largestLog = Math.max(largestLog, (await stat(log)).size);
      await sleep(PAUSE);
    }
  };
  const spawning = spawn();
  return {
    async stop() {
      stopping.abort();
      await spawning;
      return { begins, largestLog };
    },
  };
}

async function begin(ledger: Ledger, plan: LaunchPlan, index: number): Promise<void> {
  const place = plan.candidates[0]?.place ?? "";
  const launch = {
    candidate: 0,
    place,
    machineType: null,
    token: randomBytes(32).toString("hex"),
    member: 0,
  };
  const spawn = {
    tenant: plan.tenant,
    spawnId: `new-${index}`,
    plan,
    own: NO_INPUT,
    launch,
    worker: "bench",
    leaseUntil: Date.now() + 30_000,
    at: new Date().toISOString(),
  };
  const { created } = await ledger.begin([spawn], null);
  if (!created) throw new Error(`${spawn.spawnId} was not created`);
}
