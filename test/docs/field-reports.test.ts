import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT, tableRows } from "./support/documents.ts";

const NAME = "docs/field-reports.md";
const FEWEST = 3;

const CLASSES = [
  ["Foreign documents", "###"],
  ["Registries", "###"],
  ["Local leftovers", "###"],
  ["Engines", "###"],
  ["Scope of refusals", "###"],
  ["Images and volumes", "###"],
  ["Networks", "###"],
  ["SDK clients", "###"],
  ["Machine types and maintenance", "###"],
  ["Places", "###"],
  ["Names", "###"],
  ["Credentials", "###"],
  ["Codes and statuses", "###"],
  ["Recovery and timeouts", "##"],
] as const;

describe(NAME, () => {
  it.each(CLASSES)("has a report, an outcome and a test for each situation: %s", (name, level) => {
    const rows = tableRows(NAME, name, level);
    expect(rows.length).toBeGreaterThanOrEqual(FEWEST);
    const incomplete = rows.filter(([situation = "", report = "", outcome = "", test = ""]) => {
      const file = /^`([^`]+)`$/u.exec(test)?.[1] ?? "nowhere";
      const isLinked = /\]\(https:\/\/[^)\s]+\)/u.test(report);
      return situation === "" || outcome === "" || !isLinked || !existsSync(join(ROOT, file));
    });
    expect(incomplete).toEqual([]);
  });
});
