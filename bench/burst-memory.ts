import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { ec2World } from "./ec2-world.ts";
import type { Benchmark } from "./figure.ts";

/** A thousand of them are launched at once, and the others wait. */
const SPAWNS = 11_000;
const WAITING = 10_000;
const MOST_MEBIBYTES = 300;
const PROCESS = join(import.meta.dirname, "burst-memory-process.ts");
/** V8 takes what the machine has before it collects: what is needed shows where it may not. */
const BOUNDED = ["--max-old-space-size=180", "--max-semi-space-size=16"];

const run = promisify(execFile);

/** The memory of a process in which ten thousand spawns wait for their turn, the stand-in being in another. */
export const benchmark: Benchmark = {
  name: "burst-memory",
  async run() {
    await using world = await ec2World("published");
    const { stdout } = await run(
      process.execPath,
      [...BOUNDED, PROCESS, world.database, "bench", String(SPAWNS)],
      { env: { ...world.environment } },
    );
    const peak = Number(stdout);
    return [
      {
        name: `memory of ${WAITING} spawns in flight / what they may take`,
        target: 1,
        ratio: peak / MOST_MEBIBYTES,
        medians: [peak, MOST_MEBIBYTES],
        unit: "MiB",
        runs: 1,
      },
    ];
  },
};
