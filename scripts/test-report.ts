/** Numbers of tests that passed, failed and were skipped. */
export type TestCounts = {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
};

/**
 * Counts the tests in a report of vitest's JSON reporter. A file that failed without a failed test (it did not load, or a
 * hook failed) counts as one failure, so that a failed run never reports 0 failures.
 * Throws a `TypeError` if it is not such a report.
 */
export function countTests(report: unknown): TestCounts {
  const skipped = numberIn(report, "numPendingTests") + numberIn(report, "numTodoTests");
  const files = fieldIn(report, "testResults");
  if (!Array.isArray(files)) throw new TypeError("The test report has no list testResults.");
  const brokenFiles = files.filter((file: unknown) => isBroken(file)).length;
  return {
    passed: numberIn(report, "numPassedTests"),
    failed: numberIn(report, "numFailedTests") + brokenFiles,
    skipped,
  };
}

/** A test file with its duration in seconds. */
export interface TestFile {
  readonly name: string;
  readonly seconds: number;
}

/** The slowest files of a report, slowest first. Files without times are omitted. */
export function slowestFiles(report: unknown, most: number): readonly TestFile[] {
  const files = fieldIn(report, "testResults");
  if (!Array.isArray(files)) return [];
  return files
    .flatMap((file: unknown) => {
      const [name, start, end] = ["name", "startTime", "endTime"].map((key) => fieldIn(file, key));
      if (typeof name !== "string" || typeof start !== "number" || typeof end !== "number")
        return [];
      return [{ name, seconds: (end - start) / 1000 }];
    })
    .toSorted((a, b) => b.seconds - a.seconds)
    .slice(0, most);
}

/** The last line of a test run, for people and programs. */
export function summaryLine(counts: TestCounts): string {
  return `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`;
}

function isBroken(file: unknown): boolean {
  const tests = fieldIn(file, "assertionResults");
  const hasFailedTest =
    Array.isArray(tests) && tests.some((test: unknown) => fieldIn(test, "status") === "failed");
  return fieldIn(file, "status") === "failed" && !hasFailedTest;
}

function numberIn(value: unknown, name: string): number {
  const number = fieldIn(value, name);
  if (typeof number !== "number") throw new TypeError(`The test report has no number ${name}.`);
  return number;
}

function fieldIn(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return Object.entries(value).find(([key]) => key === name)?.[1];
}
