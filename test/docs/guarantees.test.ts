import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { PHASES } from "../support/faults/fault-cell.ts";
import { DOCKER_FAULTS, EC2_FAULTS, GCE_FAULTS } from "../support/faults/fault-matrix.ts";
import type { FaultRow } from "../support/faults/fault-matrix.ts";
import { ROOT, codeSpansOf, tableRows } from "./support/documents.ts";

const NAME = "docs/guarantees.md";

function shown(rows: readonly FaultRow<unknown>[]): readonly (readonly string[])[] {
  return rows.map(({ fault, verdicts }) => [
    fault,
    ...PHASES.map((phase) => verdicts[phase] ?? "–"),
  ]);
}

function codeIn(cell: string): readonly string[] {
  return [...cell.matchAll(/`([^`]+)`/gu)].map(([, code = ""]) => code);
}

describe(NAME, () => {
  it.each([
    ["Faults on EC2", EC2_FAULTS],
    ["Faults on Compute Engine", GCE_FAULTS],
    ["Faults between Slipway and a Docker engine", DOCKER_FAULTS],
  ] as const)("shows the table of %s as it is tested", (heading, rows) => {
    expect(tableRows(NAME, heading)).toEqual(shown(rows));
  });

  it("names a test for each promise", () => {
    const rows = tableRows(NAME, "What is promised");
    expect(rows.length).toBeGreaterThan(10);
    expect(rows.filter(([, tests = ""]) => codeIn(tests).length === 0)).toEqual([]);
  });

  it("names a source for each assumption", () => {
    const rows = tableRows(NAME, "What it rests on");
    expect(rows.length).toBeGreaterThan(5);
    const link = /^\[[^\]]+\]\(https:\/\/[^)]+\)$/;
    expect(rows.filter(([, , source = ""]) => !link.test(source))).toEqual([]);
  });

  it("names only files that there are", () => {
    const files = codeSpansOf(NAME).filter((code) => /^(?:src|test|adapters|scripts)\//.test(code));
    expect(files.length).toBeGreaterThan(10);
    expect(files.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
  });
});
