import { runSeed } from "./simulate.ts";
import type { SeedCounts, SeedOptions, SeedResult } from "./simulate.ts";

/** Totals over many seeds. */
export interface Tally {
  seeds: number;
  steps: number;
  /** Virtual time. */
  milliseconds: number;
  counts: Record<keyof SeedCounts, number>;
  /** Seeds with a broken guarantee. */
  readonly failed: number[];
}

/** One of this many seeds runs on SQLite, which takes several times as long. */
const SQLITE_EVERY = 50;

/** The ledger of a seed; a fixed function of the seed. */
export function ledgerOfSeed(seed: number): SeedOptions["ledger"] {
  return seed % SQLITE_EVERY === 0 ? "sqlite" : "memory";
}

export function emptyTally(): Tally {
  const counts = {
    spawns: 0,
    machines: 0,
    launches: 0,
    batches: 0,
    deaths: 0,
    powerCuts: 0,
    lostSteps: 0,
    sweptMachines: 0,
    prunedSpawns: 0,
    running: 0,
    terminated: 0,
    failed: 0,
  };
  return { seeds: 0, steps: 0, milliseconds: 0, counts, failed: [] };
}

/** Runs these seeds one after the other. */
export async function runSeeds(
  seeds: Iterable<number>,
  play: (seed: number) => Promise<SeedResult> = playQuickly,
): Promise<Tally> {
  const tally = emptyTally();
  for (const seed of seeds) addResult(tally, await play(seed));
  return tally;
}

/** Runs without a story: a failing seed is run again for its story. */
export function playQuickly(seed: number): Promise<SeedResult> {
  return runSeed(seed, { ledger: ledgerOfSeed(seed), story: false });
}

export function playWithStory(seed: number): Promise<SeedResult> {
  return runSeed(seed, { ledger: ledgerOfSeed(seed), story: true });
}

export function addTally(sum: Tally, more: Tally): void {
  sum.seeds += more.seeds;
  sum.steps += more.steps;
  sum.milliseconds += more.milliseconds;
  addCounts(sum, more.counts);
  sum.failed.push(...more.failed);
}

function addResult(tally: Tally, { seed, steps, milliseconds, counts, violations }: SeedResult) {
  tally.seeds += 1;
  tally.steps += steps;
  tally.milliseconds += milliseconds;
  addCounts(tally, counts);
  if (violations.length > 0) tally.failed.push(seed);
}

function addCounts({ counts }: Tally, more: SeedCounts): void {
  counts.spawns += more.spawns;
  counts.machines += more.machines;
  counts.launches += more.launches;
  counts.batches += more.batches;
  counts.deaths += more.deaths;
  counts.powerCuts += more.powerCuts;
  counts.lostSteps += more.lostSteps;
  counts.sweptMachines += more.sweptMachines;
  counts.prunedSpawns += more.prunedSpawns;
  counts.running += more.running;
  counts.terminated += more.terminated;
  counts.failed += more.failed;
}
