import { describe, expect, it } from "vitest";
import { SlipwayError } from "../../../../src/errors.ts";
import { clockCheck } from "../../../../src/slipway/diagnosis/clock-check.ts";
import { databaseChecks } from "../../../../src/slipway/diagnosis/storage-checks.ts";
import { versionCheck } from "../../../../src/slipway/diagnosis/version-check.ts";
import type { DatabaseInspection } from "../../../../src/storage/inspect-database.ts";

const inspection: DatabaseInspection = {
  path: "/data/slipway.db",
  versions: new Map([["catalog", 1]]),
  isCurrent: true,
  database: null,
  journalMode: "wal",
  readOnly: null,
  freeBytes: 1024 ** 4,
  warnings: [],
  [Symbol.asyncDispose]: () => Promise.resolve(),
};

describe("databaseChecks", () => {
  it("reports a file that cannot be written instead of its schema", () => {
    const readOnly = new SlipwayError({
      code: "FAILED_PRECONDITION",
      reason: "STORAGE_READ_ONLY",
      message: "read-only",
    });
    expect(databaseChecks({ ...inspection, readOnly })).toMatchObject([
      { outcome: "failed", reason: "STORAGE_READ_ONLY" },
    ]);
  });

  it.each([
    [99 * 1024 ** 2, "99 MiB"],
    [0, "0 bytes"],
  ])("warns if only %i bytes are left", (freeBytes, words) => {
    expect(databaseChecks({ ...inspection, freeBytes })[1]).toMatchObject({
      outcome: "warning",
      reason: "STORAGE_FULL",
      message: `the file system of database /data/slipway.db has ${words} left`,
    });
    expect(databaseChecks({ ...inspection, freeBytes: 100 * 1024 ** 2 })).toHaveLength(1);
  });

  it("warns of a file without tables of Slipway", () => {
    expect(databaseChecks({ ...inspection, versions: new Map() })).toMatchObject([
      { outcome: "warning", message: "database /data/slipway.db has no tables of Slipway" },
    ]);
  });
});

describe("clockCheck", () => {
  const offsets = (...milliseconds: readonly number[]) =>
    milliseconds.map((offsetMilliseconds, index) => ({
      peer: `peer-${index}`,
      offsetMilliseconds,
    }));

  it.each([
    [offsets(), "skipped"],
    [offsets(0, -29_000), "passed"],
    [offsets(0, -30_000), "warning"],
    [offsets(239_000), "warning"],
    [offsets(0, 240_000), "failed"],
  ])("judges %o by the worst one: %s", (clocks, outcome) => {
    expect(clockCheck(clocks)).toMatchObject({ outcome });
  });

  it("names the peer that differs most", () => {
    expect(clockCheck(offsets(-40_000, 300_000, 1))).toMatchObject({
      message: expect.stringContaining("5 minutes behind that of peer-1;"),
    });
  });
});

describe("versionCheck", () => {
  it.each([
    ["22.18.0", "passed"],
    ["24.2.0", "passed"],
    ["22.5.1", "warning"],
    ["8.17.0", "warning"],
  ])("of Node %s: %s", (node, outcome) => {
    const check = versionCheck({ slipway: "1.0.0", node, supportedNode: ">=22.18" });
    expect(check).toMatchObject({ name: "versions", outcome });
  });
});
