/** Runs every static check of the repository, prints the failed ones, and exits with 1 if any failed. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";

interface Check {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
}

const checks: readonly Check[] = [
  { name: "types", command: ["tsc", "--noEmit", "-p", "tsconfig.json"] },
  { name: "lint", command: ["oxlint", "--type-aware", "--deny-warnings"] },
  { name: "format", command: ["oxfmt", "--check", "."] },
  { name: "unused", command: ["knip"] },
  { name: "lock file", command: ["node", "scripts/check-lock-file.ts"] },
  { name: "walls", command: ["vitest", "run", "--reporter=dot", "test/architecture.test.ts"] },
  { name: "build", command: ["node", "scripts/build.ts"] },
  { name: "package", command: ["publint", "--strict"] },
  {
    name: "package types",
    command: ["attw", "--pack", ".", "--profile", "esm-only", "--format", "ascii"],
  },
];

const failed = checks.filter((check) => !passes(check)).map(({ name }) => name);
console.log(failed.length === 0 ? "all checks passed" : `failed: ${failed.join(", ")}`);
process.exitCode = failed.length === 0 ? 0 : 1;

function passes({ name, command: [program, ...args] }: Check): boolean {
  const started = performance.now();
  const result = spawnSync(join("node_modules", ".bin", program), args, { encoding: "utf8" });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const passed = result.status === 0;
  console.log(`${passed ? "passed" : "FAILED"}  ${name} (${seconds} s)`);
  if (!passed) console.log(`${result.stdout}${result.stderr}${result.error?.message ?? ""}`);
  return passed;
}
