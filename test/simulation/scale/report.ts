import { runScale } from "./scale.ts";
import type { ScaleOptions, ScaleResult } from "./scale.ts";

/** Resources that a run used on this machine. */
interface Cost {
  /** Real time. */
  readonly milliseconds: number;
  readonly peakMemory: number;
}

/** Runs the scenario and summarizes the result in a few lines. */
export async function scaleReport(
  options: ScaleOptions,
): Promise<{ readonly lines: readonly string[]; readonly isKept: boolean }> {
  Error.stackTraceLimit = 0;
  const began = performance.now();
  const result = await runScale(options);
  // For the whole lifetime of the process.
  const peakMemory = process.resourceUsage().maxRSS * 1_024;
  const cost = { milliseconds: performance.now() - began, peakMemory };
  return { lines: linesOf(options, result, cost), isKept: result.violations.length === 0 };
}

function linesOf(options: ScaleOptions, result: ScaleResult, cost: Cost): readonly string[] {
  const { spawns, accounts, regions, processes, seed } = options;
  const { states, failures, calls, toMachine, toRunning } = result;
  return [
    `${spawns} spawns over ${accounts} accounts and ${regions} regions, ${processes} processes, seed ${seed}`,
    `broken promises: ${result.violations.length}`,
    ...result.violations.slice(0, 3).map(({ rule, detail }) => `  ${rule}: ${detail}`),
    `states: ${listOf(states)}`,
    `failures: ${listOf(failures)}`,
    `machines: ${result.machines} created, ${result.sweptMachines} swept`,
    `launches: ${result.launches}, ${result.repeated} of them repeated`,
    `calls: ${listOf(calls.arrived)}`,
    `throttled, exclusive accounts: ${listOf(calls.throttled)}`,
    `throttled, shared accounts: ${listOf(calls.throttledShared)}`,
    `request to machine, exclusive accounts: ${spreadOf(toMachine.exclusive)}`,
    `request to running, exclusive accounts: ${spreadOf(toRunning.exclusive)}`,
    `request to machine, shared accounts: ${spreadOf(toMachine.shared)}`,
    `request to running, shared accounts: ${spreadOf(toRunning.shared)}`,
    `virtual time until all spawns had settled: ${seconds(result.milliseconds)}`,
    `real time: ${seconds(cost.milliseconds)} for ${result.steps} steps`,
    `memory: ${Math.round(cost.peakMemory / 2 ** 20)} MiB peak, including clouds and auditor`,
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
  return `median ${at(0.5)}, 99th percentile ${at(0.99)}, maximum ${at(1)}`;
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1_000).toFixed(1)} s`;
}
