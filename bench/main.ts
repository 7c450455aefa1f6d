/**
 * `npm run bench -- [NAME…] [--write]`: runs the named benchmarks (default: all), and prints one table. `--write`, only
 * for all benchmarks, also writes the table to `RESULTS.md`. Progress goes to standard error, and so does each figure
 * that exceeds its bound, in which case the exit code is 1.
 */
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { BENCHMARKS } from "./benchmarks.ts";
import { time } from "./figure.ts";
import { describeMachine } from "./machine.ts";
import { measure } from "./measure.ts";
import { exceededBounds, table } from "./table.ts";
import type { Row } from "./table.ts";

const RESULTS = join(import.meta.dirname, "RESULTS.md");

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { write: { type: "boolean", default: false } },
});
const unknown = positionals.filter((name) => !Object.hasOwn(BENCHMARKS, name));
if (unknown.length > 0)
  exitWithUsage(
    `unknown benchmark ${unknown.join(", ")}; the benchmarks are ${Object.keys(BENCHMARKS).join(", ")}`,
  );
if (values.write && positionals.length > 0)
  exitWithUsage("--write needs a run of all benchmarks: do not name any");

// The written figures must be those of the current code.
if (values.write)
  await promisify(execFile)("npm", ["run", "build"], { cwd: join(RESULTS, "../..") });

const rows: Row[] = [];
const failed: string[] = [];
for (const name of Object.keys(BENCHMARKS)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  const milliseconds = await time(async () => {
    const { figures, missing } = await measure(name);
    rows.push(...figures.map((figure) => ({ command: name, figure })));
    if (missing !== null) rows.push(unmeasured(name, missing));
    if (figures.length > 0 || missing !== null) return;
    rows.push(unmeasured(name, "the benchmark failed"));
    failed.push(name);
  });
  console.error(`${name}: ${(milliseconds / 1000).toFixed(0)} s`);
}
const measured = table(rows);
console.log(measured);
const exceeded = exceededBounds(rows);
for (const line of exceeded) console.error(line);
if (exceeded.length > 0) process.exitCode = 1;
if (failed.length > 0) {
  console.error(`failed: ${failed.join(", ")}${values.write ? "; nothing was written" : ""}`);
  process.exitCode = 1;
} else if (values.write) {
  await writeFile(RESULTS, document(await describeMachine(new Date()), measured));
}

function exitWithUsage(message: string): never {
  console.error(message);
  process.exit(2);
}

function unmeasured(name: string, missing: string): Row {
  const medians = [Number.NaN, Number.NaN] as const;
  return { command: name, figure: { name, ratio: null, target: null, medians, runs: 0, missing } };
}

function document(machine: string, measured: string): string {
  return `# Results

Written by \`npm run bench -- --write\`; \`npm run bench -- COMMAND\` (after \`npm run build\`) measures one again.

${machine}.

The two sides of each pair ran alternately, and the ratio is the median of the ratios of the pairs. It is more reliable
than the times, which are the medians of each side. A ratio above its bound is marked MISSED. The clouds are the fakes of
\`slipway/testing\`, which answer at once, so the figures show what a program adds to them.

${measured}
`;
}
