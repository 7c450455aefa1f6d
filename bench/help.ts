import { command, MAIN, requireBuild } from "./command.ts";
import { pair } from "./figure.ts";
import type { Benchmark } from "./figure.ts";

const RUNS = 40;

/** The built `slipway --help`, against the minimal start of Node. */
export const benchmark: Benchmark = {
  name: "help",
  async run() {
    requireBuild();
    const figure = await pair({
      name: "slipway --help / node -e 0",
      target: 1.35,
      runs: RUNS,
      ours: () => command(process.execPath, [MAIN, "--help"]),
      theirs: () => command(process.execPath, ["-e", "0"]),
    });
    return [figure];
  },
};
