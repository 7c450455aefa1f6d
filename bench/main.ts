/**
 * `npm run bench -- [NAME…] [--write]`: measures (all when none is named), and prints one table. `--write`, for all
 * alone, also keeps it in `RESULTS.md`. What was done so far goes to standard error.
 */
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import type { Benchmark } from "./figure.ts";
import { PeerMissing, time } from "./figure.ts";
import { describeMachine } from "./machine.ts";
import { table } from "./table.ts";
import type { Row } from "./table.ts";

const BENCHMARKS: Readonly<Record<string, () => Promise<{ readonly benchmark: Benchmark }>>> = {
  help: () => import("./help.ts"),
  catalog: () => import("./catalog.ts"),
  "docker-spawn": () => import("./docker-spawn.ts"),
  "docker-burst": () => import("./docker-burst.ts"),
  "docker-pull": () => import("./docker-pull.ts"),
  "ec2-resolve": () => import("./ec2-resolve.ts"),
  "ec2-spawn": () => import("./ec2-spawn.ts"),
  "gce-resolve": () => import("./gce-resolve.ts"),
  "gce-spawn": () => import("./gce-spawn.ts"),
  burst: () => import("./burst.ts"),
  "burst-memory": () => import("./burst-memory.ts"),
  queue: () => import("./queue.ts"),
  ledger: () => import("./ledger.ts"),
  "ec2-stand-in": () => import("./ec2-stand-in.ts"),
};

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
for (const [name, load] of Object.entries(BENCHMARKS)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  const milliseconds = await time(async () => {
    try {
      const { benchmark } = await load();
      rows.push(...(await benchmark.run()).map((figure) => ({ command: name, figure })));
    } catch (caught) {
      rows.push(unmeasured(name, caught instanceof PeerMissing ? caught.message : "it failed"));
      if (caught instanceof PeerMissing) return;
      failed.push(name);
      console.error(caught);
    }
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
