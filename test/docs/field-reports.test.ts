import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readDocument, ROOT, tableRows } from "./support/documents.ts";

const NAME = "docs/field-reports.md";
const FEWEST = 3;

/** The sections of each class of situations. */
const CLASSES: readonly (readonly string[])[] = [
  ["Foreign documents"],
  ["Registries"],
  ["Local leftovers"],
  ["Engines"],
  ["Scope of refusals"],
  ["Images and volumes"],
  ["Networks"],
  ["SDK clients"],
  ["Machine types and maintenance"],
  ["Places"],
  ["Names"],
  ["Credentials"],
  ["Codes and statuses"],
  ["Recovery", "Estimates and time limits", "Providers that cannot be reached or do not answer"],
];

describe(NAME, () => {
  it.each(CLASSES)("has a report, an outcome and a test for each situation: %s", (...sections) => {
    const rows = sections.flatMap((section) => tableRows(NAME, section, "###"));
    expect(rows.length).toBeGreaterThanOrEqual(FEWEST);
    const incomplete = rows.filter(([situation = "", report = "", outcome = "", test = ""]) => {
      const files = [...test.matchAll(/`([^`]+)`/gu)].map(([, file = ""]) => file);
      const isLinked = /\]\(https:\/\/[^)\s]+\)/u.test(report);
      const areThere = files.length > 0 && files.every((file) => existsSync(join(ROOT, file)));
      return situation === "" || outcome === "" || !isLinked || !areThere;
    });
    expect(incomplete).toEqual([]);
  });

  it("has no other section", () => {
    const sections = [...readDocument(NAME).matchAll(/^### (.*)$/gmu)].map(([, name]) => name);
    expect(sections).toEqual(CLASSES.flat());
  });
});
