import { describe, expect, it } from "vitest";
import { countTests, summaryLine } from "../../../scripts/test-counts.ts";

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
    "refuses what is no report: %o",
    (value) => {
      expect(() => countTests(value)).toThrow(TypeError);
    },
  );
});

describe("summaryLine", () => {
  it("is what programs look for", () => {
    expect(summaryLine({ passed: 1, failed: 0, skipped: 20 })).toBe(
      "1 passed, 0 failed, 20 skipped",
    );
  });
});
