import { runScale } from "./scale.ts";
import type { ScaleOptions, ScaleResult } from "./scale.ts";

/** What a run took of this machine. */
interface Cost {
  /** Real. */
  readonly milliseconds: number;
  readonly largestMemory: number;
}

/** Plays it and says in a few lines what came of it. */
export async function scaleReport(
  options: ScaleOptions,
): Promise<{ readonly lines: readonly string[]; readonly isKept: boolean }> {
  Error.stackTraceLimit = 0;
  const began = performance.now();
  const result = await runScale(options);
  // Of the process, from its beginning.
  const largestMemory = process.resourceUsage().maxRSS * 1_024;
  const cost = { milliseconds: performance.now() - began, largestMemory };
  return { lines: linesOf(options, result, cost), isKept: result.violations.length === 0 };
}

function linesOf(options: ScaleOptions, result: ScaleResult, cost: Cost): readonly string[] {
  const { spawns, accounts, regions, processes, seed } = options;
  const { states, failures, calls, toMachine, toRunning } = result;
  return [
    `${spawns} spawns over ${accounts} accounts and ${regions} regions, ${processes} processes, seed ${seed}`,
    `promises broken: ${result.violations.length}`,
    ...result.violations.slice(0, 3).map(({ rule, detail }) => `  ${rule}: ${detail}`),
    `states: ${listOf(states)}`,
    `failures: ${listOf(failures)}`,
    `machines: ${result.machines} born, ${result.sweptMachines} swept`,
    `launches: ${result.launches}, ${result.repeated} of them repeated`,
    `calls: ${listOf(calls.arrived)}`,
    `throttled where nobody else calls: ${listOf(calls.throttled)}`,
    `throttled where others call too: ${listOf(calls.throttledShared)}`,
    `asked to machine: ${spreadOf(toMachine.alone)}`,
    `asked to running: ${spreadOf(toRunning.alone)}`,
    `asked to machine where others call too: ${spreadOf(toMachine.shared)}`,
    `asked to running where others call too: ${spreadOf(toRunning.shared)}`,
    `virtual time until all had settled: ${seconds(result.milliseconds)}`,
    `real time: ${seconds(cost.milliseconds)} for ${result.steps} steps`,
    `memory: ${Math.round(cost.largestMemory / 2 ** 20)} MiB at most, clouds and auditor included`,
  ];
}

function listOf(counts: ReadonlyMap<string, number>): string {
  const all = [...counts].toSorted(([, one], [, other]) => other - one);
  return all.map(([name, count]) => `${name} ${count}`).join(", ") || "none";
}

/** @param sorted milliseconds */
function spreadOf(sorted: readonly number[]): string {
  const at = (part: number): string =>
    seconds(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0);
  return `median ${at(0.5)}, 99 of 100 within ${at(0.99)}, longest ${at(1)}`;
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1_000).toFixed(1)} s`;
}
