import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { dockerWorld } from "./docker-world.ts";
import type { DockerWorld } from "./docker-world.ts";
import type { Benchmark } from "./figure.ts";
import { pair, time } from "./figure.ts";

const run = promisify(execFile);

const SPAWNS = 200;
const PROCESSES = [1, 2, 4, 8, 16];
/** Containers by which the best number of processes is found. */
const TRIED = 16;
/** An even number: each goes first equally often. */
const RUNS = 2;

/** A burst of containers of a present image, as many at a time as Slipway chooses, against the best that `xargs` does. */
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
        target: 1.0,
        runs: RUNS,
        // A burst takes long enough to have warmed up by itself, and the search has warmed the engine.
        warmUps: 0,
        ours: () => containers.spawn(SPAWNS),
        theirs: () => containers.run(SPAWNS, best),
        afterEach: () => containers.clean(),
      }),
    ];
  },
};

interface Containers extends AsyncDisposable {
  /** So many by Slipway. */
  spawn(count: number): Promise<void>;
  /** So many by so many processes. */
  run(count: number, processes: number): Promise<void>;
  clean(): Promise<void>;
}

/** What is started is known by its image, whatever failed meanwhile. */
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
    const milliseconds = await time(() => containers.run(TRIED, processes));
    await containers.clean();
    if (milliseconds < best.milliseconds) best = { processes, milliseconds };
  }
  return best.processes;
}
