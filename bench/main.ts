/**
 * `npm run bench -- [NAME…] [--write]`: measures (all when none is named), and prints one table. `--write`, for all
 * alone, also keeps it in `RESULTS.md`. What was done so far goes to standard error.
 */
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { BENCHMARKS } from "./benchmarks.ts";
import { time } from "./figure.ts";
import { describeMachine } from "./machine.ts";
import { measure } from "./measure.ts";
import { table } from "./table.ts";
import type { Row } from "./table.ts";

const RESULTS = join(import.meta.dirname, "RESULTS.md");

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { write: { type: "boolean", default: false } },
});
const unknown = positionals.filter((name) => !Object.hasOwn(BENCHMARKS, name));
if (unknown.length > 0)
  refuse(`no benchmark ${unknown.join(", ")}; there are ${Object.keys(BENCHMARKS).join(", ")}`);
if (values.write && positionals.length > 0)
  refuse("--write keeps the figures of one run of all benchmarks: name none");

// What is kept is of the code as it is now.
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
    rows.push(unmeasured(name, "it failed"));
    failed.push(name);
  });
  console.error(`${name}: ${(milliseconds / 1000).toFixed(0)} s`);
}
const measured = table(rows);
console.log(measured);
if (failed.length > 0) {
  console.error(`failed: ${failed.join(", ")}${values.write ? "; nothing was written" : ""}`);
  process.exitCode = 1;
} else if (values.write) {
  await writeFile(RESULTS, document(await describeMachine(new Date()), measured));
}

function refuse(message: string): never {
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

Each pair was run in turns, and the ratio is the median of the pairs' own: it says more than the times, which are medians
of each side. A ratio above what it may be at most says MISSED. Clouds are the stand-ins of \`slipway/testing\`, which
answer at once: what is measured is what a program adds to them.

${measured}
`;
}
