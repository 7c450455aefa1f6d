import type { Benchmark } from "./figure.ts";
import { pair } from "./figure.ts";
import { dockerWorld } from "./docker-world.ts";

/** A spawn in process, including the registry requests and the records on disk, against the `docker` command. */
export const benchmark: Benchmark = {
  name: "docker-spawn",
  async run() {
    await using world = await dockerWorld();
    const { slipway, docker, pinned } = world;
    const plan = await slipway.resolveWorkspace("bench");
    const first = await slipway.spawnWorkspace(plan);
    await slipway.terminateSpawn(first.spawnId);
    const spawned: string[] = [];
    const started: string[] = [];
    const clean = async () => {
      for (const spawnId of spawned.splice(0)) await slipway.terminateSpawn(spawnId);
      if (started.length > 0) await docker("rm", "--force", "--volumes", ...started.splice(0));
    };
    try {
      return [
        await pair({
          name: "spawn of a present image / docker run -d",
          target: 1.0,
          runs: 40,
          ours: async () => spawned.push((await slipway.spawnWorkspace("bench")).spawnId),
          theirs: async () => started.push(await docker("run", "--detach", pinned)),
          afterEach: clean,
        }),
      ];
    } finally {
      await clean();
    }
  },
};
