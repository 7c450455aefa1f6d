import { command, MAIN, memoryOf, requireBuild } from "./command.ts";
import type { Benchmark } from "./figure.ts";
import { pair } from "./figure.ts";
import { ec2World, REGION } from "./ec2-world.ts";

/** Bound in MB; the SDK, zod, yaml and sqlite alone use 153. */
const MAXIMUM_MEMORY = 175;

/** The dry run as an operator starts it, against an `aws` command that reads only the image. */
export const benchmark: Benchmark = {
  name: "ec2-resolve",
  async run() {
    requireBuild();
    await using world = await ec2World();
    const { ec2, region, database, environment } = world;
    const resolve = [MAIN, "resolve", "bench", "--database", database];
    const describe = ["ec2", "describe-images", "--image-ids", region.images.x86_64];
    const where = ["--region", REGION, "--endpoint-url", ec2.url];
    const figure = await pair({
      name: "slipway resolve / aws ec2 describe-images",
      target: 0.4,
      runs: 15,
      ours: () => command(process.execPath, resolve, { environment }),
      theirs: () => command("aws", [...describe, ...where], { environment: { ...environment } }),
    });
    const memory = await memoryOf(resolve, { environment });
    return [
      figure,
      {
        name: "memory of slipway resolve on EC2 / bound",
        target: 1,
        ratio: memory / MAXIMUM_MEMORY,
        medians: [memory, MAXIMUM_MEMORY],
        unit: "MB",
        runs: 1,
      },
    ];
  },
};
