import { describe, expect, it } from "vitest";
import { countTests, slowestFiles, summaryLine } from "../../../scripts/test-report.ts";

const report = {
  numPassedTests: 5,
  numFailedTests: 1,
  numPendingTests: 2,
  numTodoTests: 3,
  testResults: [
    { status: "passed", assertionResults: [{ status: "passed" }] },
    { status: "failed", assertionResults: [{ status: "passed" }, { status: "failed" }] },
  ],
};

describe("countTests", () => {
  it("counts tests still to be written as skipped", () => {
    expect(countTests(report)).toEqual({ passed: 5, failed: 1, skipped: 5 });
  });

  it("counts a file that failed without a failed test", () => {
    const broken = [
      { status: "failed", assertionResults: [] },
      { status: "failed", assertionResults: [{ status: "skipped" }] },
    ];
    const testResults = [...report.testResults, ...broken];
    expect(countTests({ ...report, testResults }).failed).toBe(3);
  });

  it.each([undefined, null, [], { testResults: [] }, { ...report, testResults: 1 }])(
    "rejects a text that is not a report: %o",
    (value) => {
      expect(() => countTests(value)).toThrow(TypeError);
    },
  );
});

describe("slowestFiles", () => {
  it("are the files that took longest, the slowest first", () => {
    const testResults = [
      { name: "a.test.ts", startTime: 1_000, endTime: 2_500 },
      { name: "not-run.test.ts" },
      { name: "b.test.ts", startTime: 1_000, endTime: 4_000 },
      { name: "c.test.ts", startTime: 1_000, endTime: 1_001 },
    ];
    expect(slowestFiles({ ...report, testResults }, 2)).toEqual([
      { name: "b.test.ts", seconds: 3 },
      { name: "a.test.ts", seconds: 1.5 },
    ]);
    expect(slowestFiles(null, 2)).toEqual([]);
  });
});

describe("summaryLine", () => {
  it("is what programs look for", () => {
    expect(summaryLine({ passed: 1, failed: 0, skipped: 20 })).toBe(
      "1 passed, 0 failed, 20 skipped",
    );
  });
});
