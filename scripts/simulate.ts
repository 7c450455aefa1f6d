/**
 * Runs the spawner's simulation: `node scripts/simulate.ts --seeds 10000`. A seed with a broken promise is run again for
 * its story; `--seed S` does that for any single seed. `--scale` runs one large scenario instead.
 */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import {
  addTally,
  emptyTally,
  ledgerOfSeed,
  playWithStory,
  runSeeds,
} from "../test/simulation/many.ts";
import type { Tally } from "../test/simulation/many.ts";
import { scaleReport } from "../test/simulation/scale/report.ts";
import { storyPage } from "../test/simulation/story.ts";

/** Seeds that a worker runs between two reports. */
const PORTION = 500;
/** Maximum number of stories to print: the first one is the most useful. */
const MAXIMUM_STORIES = 3;

const USAGE =
  "npm run simulate -- [--seeds N] [--seed S] [--workers W], or --scale [--spawns N] [--seed S]";

if (isMainThread) await main();
else await work();

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seeds: { type: "string" },
      seed: { type: "string" },
      workers: { type: "string" },
      scale: { type: "boolean" },
      spawns: { type: "string" },
    },
  });
  const first = wholeNumber("seed", values.seed ?? "1");
  if (values.scale === true)
    return await runScaleScenario(first, wholeNumber("spawns", values.spawns ?? "100000"));
  if (values.seed !== undefined && values.seeds === undefined) return await runOne(first);
  const seeds = wholeNumber("seeds", values.seeds ?? "10000");
  const workers = wholeNumber("workers", values.workers ?? String(availableParallelism()));
  const began = performance.now();
  const sum = emptyTally();
  await Promise.all(
    Array.from({ length: Math.max(workers, 1) }, (_one, offset) =>
      runWorker({ first, seeds, offset, step: Math.max(workers, 1) }, (tally) => {
        addTally(sum, tally);
        // Report at once: a long run can be investigated before it ends.
        for (const seed of tally.failed) console.log(`seed ${seed} has a broken promise`);
        if (sum.seeds % 50_000 < PORTION) console.log(summary(sum, began));
      }),
    ),
  );
  console.log(summary(sum, began));
  console.log(countsOf(sum));
  for (const seed of sum.failed.toSorted((one, other) => one - other).slice(0, MAXIMUM_STORIES)) {
    console.log(`\n${storyPage(await playWithStory(seed))}`);
    console.log(`\nagain: npm run simulate -- --seed ${seed}`);
  }
  process.exitCode = sum.failed.length === 0 ? 0 : 1;
}

async function runOne(seed: number): Promise<void> {
  const result = await playWithStory(seed);
  console.log(storyPage(result));
  if (result.violations.length > 0) process.exitCode = 1;
  else console.log(`\nseed ${seed} keeps every promise (${ledgerOfSeed(seed)} ledger)`);
}

/** Bursts in 20 accounts and 4 regions, with 4 processes. */
async function runScaleScenario(seed: number, spawns: number): Promise<void> {
  const { lines, isKept } = await scaleReport({
    seed,
    spawns,
    accounts: 20,
    regions: 4,
    processes: 4,
  });
  console.log(lines.join("\n"));
  if (!isKept) process.exitCode = 1;
}

interface Share {
  readonly first: number;
  readonly seeds: number;
  readonly offset: number;
  readonly step: number;
}

/** Runs a worker for its share of the seeds: one in every `step`. */
function runWorker(share: Share, onTally: (tally: Tally) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: share });
    worker.on("message", onTally);
    worker.on("error", reject);
    worker.on("exit", (code) =>
      code === 0 ? resolve() : reject(new Error(`a worker ended with exit code ${code}`)),
    );
  });
}

async function work(): Promise<void> {
  const { first, seeds, offset, step }: Share = workerData;
  // Thousands of errors are created here; stack traces are only needed when a seed is run again.
  Error.stackTraceLimit = 0;
  for (let from = offset; from < seeds; from += PORTION * step)
    parentPort?.postMessage(await runSeeds(portion(first + from, step, first + seeds)), []);
}

function* portion(from: number, step: number, end: number): Generator<number> {
  for (let seed = from; seed < Math.min(from + PORTION * step, end); seed += step) yield seed;
}

function summary({ seeds, failed, milliseconds }: Tally, began: number): string {
  const seconds = (performance.now() - began) / 1_000;
  const days = (milliseconds / 86_400_000).toFixed(1);
  return `${seeds} seeds (${days} days of virtual time) in ${seconds.toFixed(1)} s, ${Math.round(seeds / seconds)} per second: ${failed.length} broken promises`;
}

function countsOf({ counts, steps, seeds }: Tally): string {
  const {
    spawns,
    machines,
    launches,
    batches,
    deaths,
    powerCuts,
    lostSteps,
    sweptMachines,
    running,
    terminated,
    failed,
  } = counts;
  return [
    `${spawns} spawns: ${running} run, ${terminated} terminated, ${failed} failed`,
    `${launches} launches (and ${batches} batched calls), ${machines} machines, ${sweptMachines} of them swept`,
    `${powerCuts} power cuts, which undid ${lostSteps} steps`,
    `${deaths} processes died, ${Math.round(steps / Math.max(seeds, 1))} steps per seed`,
  ].join("\n");
}

function wholeNumber(name: string, text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new Error(`--${name} must be a whole number, not ${text}; ${USAGE}`);
}
