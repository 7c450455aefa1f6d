/**
 * Runs the tests (`npm test -- [arguments of vitest]`) and ends with the line "N passed, N failed, N skipped".
 * Exits as vitest does.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import path from "node:path";
import { countTests, summaryLine, type TestCounts } from "./test-counts.ts";

const vitest = path.join(import.meta.dirname, "..", "node_modules", "vitest", "vitest.mjs");

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
      // A terminal sends its interrupt to vitest as well: twice would mean "at once".
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

/** A run that failed without a failed test (an unhandled rejection, no report at all) counts as one failure. */
function readCounts(reportFile: string, exitCode: number): TestCounts {
  let counts: TestCounts = { passed: 0, failed: 0, skipped: 0 };
  try {
    counts = countTests(JSON.parse(readFileSync(reportFile, "utf8")));
  } catch (error) {
    process.stderr.write(`No test report could be read: ${String(error)}\n`);
    return { ...counts, failed: 1 };
  }
  return exitCode !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
}

const folder = mkdtempSync(path.join(tmpdir(), "slipway-tests-"));
try {
  const reportFile = path.join(folder, "report.json");
  const exitCode = await runVitest(process.argv.slice(2), reportFile);
  const counts = readCounts(reportFile, exitCode);
  process.stdout.write(`${summaryLine(counts)}\n`);
  process.exitCode = exitCode === 0 && counts.failed > 0 ? 1 : exitCode;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
