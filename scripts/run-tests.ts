/**
 * Runs the tests (`npm test -- [arguments of vitest]`), lists the slowest files, and ends with the line "N passed, N
 * failed, N skipped". Exits with vitest's exit code.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import path from "node:path";
import { countTests, slowestFiles, summaryLine } from "./test-report.ts";
import type { TestCounts, TestFile } from "./test-report.ts";

const root = path.join(import.meta.dirname, "..");
const vitest = path.join(root, "node_modules", "vitest", "vitest.mjs");
const SLOWEST = 10;

function runVitest(given: readonly string[], reportFile: string): Promise<number> {
  const reporters = given.some((argument) => argument.startsWith("--reporter"))
    ? []
    : ["--reporter=default"];
  const options = [
    "run",
    ...reporters,
    "--reporter=json",
    `--outputFile.json=${reportFile}`,
    ...given,
  ];
  const child = spawn(process.execPath, [vitest, ...options], { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      // A terminal sends its interrupt to vitest as well; a second one would mean "stop immediately".
      if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
    });
  }
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  child.on("error", reject);
  child.on("exit", (code, signal) =>
    resolve(signal === null ? (code ?? 1) : 128 + constants.signals[signal]),
  );
  return promise;
}

interface Results {
  readonly counts: TestCounts;
  readonly slowest: readonly TestFile[];
}

/** A run that failed without a failed test (an unhandled rejection, no report at all) counts as one failure. */
function readResults(reportFile: string, exitCode: number): Results {
  try {
    const report: unknown = JSON.parse(readFileSync(reportFile, "utf8"));
    const counts = countTests(report);
    const failed = exitCode === 0 ? counts.failed : Math.max(counts.failed, 1);
    return { counts: { ...counts, failed }, slowest: slowestFiles(report, SLOWEST) };
  } catch (error) {
    process.stderr.write(`cannot read the test report: ${String(error)}\n`);
    return { counts: { passed: 0, failed: 1, skipped: 0 }, slowest: [] };
  }
}

const folder = mkdtempSync(path.join(tmpdir(), "slipway-tests-"));
try {
  const reportFile = path.join(folder, "report.json");
  const exitCode = await runVitest(process.argv.slice(2), reportFile);
  const { counts, slowest } = readResults(reportFile, exitCode);
  process.stdout.write("slowest files:\n");
  for (const { name, seconds } of slowest)
    process.stdout.write(`${seconds.toFixed(1).padStart(6)} s  ${path.relative(root, name)}\n`);
  process.stdout.write(`${summaryLine(counts)}\n`);
  process.exitCode = exitCode === 0 && counts.failed > 0 ? 1 : exitCode;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
