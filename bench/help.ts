import { spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync } from "node:fs";
import { join } from "node:path";
import { pair } from "./figure.ts";
import type { Benchmark } from "./figure.ts";

const MAIN = join(import.meta.dirname, "..", "dist", "src", "cli", "main.js");
const RUNS = 40;

/** `slipway --help`, as it is built, against the least that Node takes to do anything. */
export const benchmark: Benchmark = {
  name: "help",
  async run() {
    requireBuild();
    const figure = await pair({
      name: "slipway --help / node -e 0",
      target: 2,
      runs: RUNS,
      ours: () => node(MAIN, "--help"),
      theirs: () => node("-e", "0"),
    });
    return [figure];
  },
};

async function node(...words: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, words, { stdio: ["ignore", "ignore", "inherit"] });
  const [exitCode] = await once(child, "close");
  if (exitCode !== 0) throw new Error(`node ${words.join(" ")} exited with ${String(exitCode)}`);
}

function requireBuild(): void {
  try {
    accessSync(MAIN);
  } catch (caught) {
    throw new Error("build first: npm run build", { cause: caught });
  }
}
