import { command, MAIN, memoryOf, requireBuild } from "./command.ts";
import type { Benchmark } from "./figure.ts";
import { pair } from "./figure.ts";
import { gceWorld, IMAGE, PROJECT } from "./gce-world.ts";

/** Bound in MB. */
const MAXIMUM_MEMORY = 260;

/** The dry run as an operator starts it, against a `gcloud` command that reads only the image. */
export const benchmark: Benchmark = {
  name: "gce-resolve",
  async run() {
    requireBuild();
    await using world = await gceWorld();
    const { database, environment } = world;
    const resolve = [MAIN, "resolve", "bench", "--database", database];
    const describe = ["compute", "images", "describe", IMAGE, "--project", PROJECT];
    const quiet = {
      CLOUDSDK_CORE_DISABLE_PROMPTS: "1",
      CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK: "1",
    };
    const figure = await pair({
      name: "slipway resolve / gcloud compute images describe",
      target: 0.5,
      runs: 11,
      ours: () => command(process.execPath, resolve, { environment }),
      theirs: () => command("gcloud", describe, { environment: { ...environment, ...quiet } }),
    });
    const memory = await memoryOf(resolve, { environment });
    return [
      figure,
      {
        name: "memory of slipway resolve on Compute Engine / bound",
        target: 1,
        ratio: memory / MAXIMUM_MEMORY,
        medians: [memory, MAXIMUM_MEMORY],
        unit: "MB",
        runs: 1,
      },
    ];
  },
};
