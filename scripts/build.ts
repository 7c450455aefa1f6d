/** `npm run build`: the library, as `tsc` compiles it, and the command line, as one bundle with all its packages. */
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { bundleCommandLine } from "./build/bundle.ts";

const ROOT = join(import.meta.dirname, "..");
const DIST = join(ROOT, "dist");

rmSync(DIST, { recursive: true, force: true });
const compiler = join(ROOT, "node_modules", ".bin", "tsc");
const compiled = spawnSync(compiler, ["-p", "tsconfig.build.json"], {
  cwd: ROOT,
  stdio: "inherit",
});
if (compiled.status !== 0) process.exit(1);
await bundleCommandLine(join(DIST, "cli"));
