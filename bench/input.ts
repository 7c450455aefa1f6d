import type { Benchmark } from "./figure.ts";
import { pair } from "./figure.ts";
import { ec2World } from "./ec2-world.ts";

/** A difference of a few per cent needs many pairs. */
const RUNS = 600;
const WARM_UPS = 100;
const BOUND = 1.03;

/** An agent's task, of a common size. */
const OWN = {
  env: { MODE: "review", BRANCH: "fix/timeouts" },
  labels: { burst: "b1", team: "red" },
  input: { task: 7, prompt: "Fix the timeouts of the client. ".repeat(8), files: ["a.ts", "b.ts"] },
};

/** A warm spawn with env, labels and input up to its acceptance, against one without, both with records on disk. */
export const benchmark: Benchmark = {
  name: "input",
  async run() {
    await using world = await ec2World();
    const { slipway } = world;
    let plan = await slipway.resolveWorkspace("bench");
    let resolvedAt = performance.now();
    const spawned: string[] = [];
    const spawn = async (own: Partial<typeof OWN>): Promise<void> => {
      const { spawnId } = await slipway.spawnWorkspace(plan, { ...own, wait: "accepted" });
      spawned.push(spawnId);
    };
    const figure = await pair({
      name: "warm spawn to accepted, with env, labels and input / without",
      target: BOUND,
      runs: RUNS,
      warmUps: WARM_UPS,
      ours: () => spawn(OWN),
      theirs: () => spawn({}),
      async afterEach() {
        for (const spawnId of spawned.splice(0)) await slipway.terminateSpawn(spawnId);
        if (performance.now() - resolvedAt < 30_000) return;
        plan = await slipway.resolveWorkspace("bench");
        resolvedAt = performance.now();
      },
    });
    return [figure];
  },
};
