import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { dockerWorld } from "./docker-world.ts";
import type { DockerWorld } from "./docker-world.ts";
import type { Benchmark } from "./figure.ts";
import { pair, time } from "./figure.ts";

const run = promisify(execFile);

const SPAWNS = 200;
const PROCESSES = [1, 2, 4, 8, 16];
/** Number of containers for finding the best number of processes. */
const TRIAL_CONTAINERS = 16;
/** An even number, so that each side goes first equally often. */
const RUNS = 2;

/** A burst of containers of a present image, with Slipway's own concurrency, against the best that `xargs` achieves. */
export const benchmark: Benchmark = {
  name: "docker-burst",
  async run() {
    await using world = await dockerWorld();
    const { slipway } = world;
    const warm = await slipway.spawnWorkspace("bench");
    await slipway.terminateSpawn(warm.spawnId);
    await using containers = containersOf(world);
    const best = await bestProcesses(containers);
    return [
      await pair({
        name: `${SPAWNS} spawns of a present image, resolved and running / seq ${SPAWNS} | xargs -P ${best} docker run -d (the best of -P ${PROCESSES.join(", ")})`,
        target: 0.95,
        runs: RUNS,
        // A burst is long enough to warm up by itself, and the search for the best number has warmed up the engine.
        warmUps: 0,
        ours: () => containers.spawn(SPAWNS),
        theirs: () => containers.run(SPAWNS, best),
        afterEach: () => containers.clean(),
      }),
    ];
  },
};

interface Containers extends AsyncDisposable {
  /** Starts `count` containers with Slipway. */
  spawn(count: number): Promise<void>;
  /** Starts `count` containers with `processes` processes. */
  run(count: number, processes: number): Promise<void>;
  clean(): Promise<void>;
}

/** Containers are identified by their image, even if starting them failed. */
function containersOf({ slipway, docker, pinned, environment }: DockerWorld): Containers {
  const spawned: string[] = [];
  const clean = async (): Promise<void> => {
    await Promise.all(spawned.splice(0).map((spawnId) => slipway.terminateSpawn(spawnId)));
    const left = await docker("ps", "--all", "--quiet", "--filter", `ancestor=${pinned}`);
    if (left !== "") await docker("rm", "--force", "--volumes", ...left.split("\n"));
  };
  return {
    async spawn(count) {
      const results = await slipway.spawnWorkspaces(Array.from({ length: count }, () => "bench"));
      spawned.push(...results.map(({ spawnId }) => spawnId));
      const failed = results.find(({ spawn }) => spawn?.state !== "running");
      if (failed !== undefined) throw new Error(`a spawn failed: ${JSON.stringify(failed)}`);
    },
    async run(count, processes) {
      const each = `xargs -P ${processes} -I {} docker run --detach ${pinned}`;
      await run("sh", ["-c", `seq ${count} | ${each}`], { env: { ...environment } });
    },
    clean,
    [Symbol.asyncDispose]: clean,
  };
}

async function bestProcesses(containers: Containers): Promise<number> {
  let best = { processes: 0, milliseconds: Number.POSITIVE_INFINITY };
  for (const processes of PROCESSES) {
    const milliseconds = await time(() => containers.run(TRIAL_CONTAINERS, processes));
    await containers.clean();
    if (milliseconds < best.milliseconds) best = { processes, milliseconds };
  }
  return best.processes;
}
