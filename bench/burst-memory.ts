import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { ec2World } from "./ec2-world.ts";
import type { Benchmark } from "./figure.ts";

/** A thousand of them are launched at once; the others wait. */
const SPAWNS = 11_000;
const WAITING = 10_000;
const MAXIMUM_MEBIBYTES = 300;
const PROCESS = join(import.meta.dirname, "burst-memory-process.ts");
/** V8 uses the available memory before it collects garbage, so the heap is limited to show what is needed. */
const HEAP_LIMITS = ["--max-old-space-size=180", "--max-semi-space-size=16"];

const run = promisify(execFile);

/** The memory of a process with ten thousand waiting spawns; the fake runs in another process. */
export const benchmark: Benchmark = {
  name: "burst-memory",
  async run() {
    await using world = await ec2World("published");
    const { stdout } = await run(
      process.execPath,
      [...HEAP_LIMITS, PROCESS, world.database, "bench", String(SPAWNS)],
      { env: { ...world.environment } },
    );
    const peak = Number(stdout);
    return [
      {
        name: `memory of ${WAITING} spawns in flight / bound`,
        target: 1,
        ratio: peak / MAXIMUM_MEBIBYTES,
        medians: [peak, MAXIMUM_MEBIBYTES],
        unit: "MiB",
        runs: 1,
      },
    ];
  },
};
