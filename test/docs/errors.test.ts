import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ERROR_REASONS } from "../../src/errors.ts";
import { ROOT, readDocument, tableRows } from "./support/documents.ts";

const DOCUMENT = "docs/errors.md";

interface Row {
  readonly reason: string;
  readonly meaning: string;
  readonly remedy: string;
}

function rowsBelow(heading: string): readonly Row[] {
  return tableRows(DOCUMENT, heading).map(([reason = "", meaning = "", remedy = ""]) => ({
    reason: reason.replaceAll("`", ""),
    meaning,
    remedy,
  }));
}

function headings(): readonly string[] {
  return [...readDocument(DOCUMENT).matchAll(/^## (.+)$/gmu)].map(([, heading = ""]) => heading);
}

/** Every string in the sources that could be a reason, except in the list itself. */
function wordsIn(...patterns: readonly string[]): ReadonlySet<string> {
  const files = globSync([...patterns], { cwd: ROOT }).filter((file) => file !== "src/errors.ts");
  const sources = files.map((file) => readFileSync(join(ROOT, file), "utf8"));
  return new Set(
    sources.flatMap((source) =>
      [...source.matchAll(/"([A-Z_0-9]+)"/gu)].map(([, word = ""]) => word),
    ),
  );
}

describe("the table of error reasons", () => {
  const rows = headings().flatMap(rowsBelow);

  it("lists exactly the existing reasons, each once", () => {
    expect(rows.map(({ reason }) => reason).toSorted()).toEqual([...ERROR_REASONS].toSorted());
  });

  it.each(rows)("$reason has a meaning and a remedy", ({ meaning, remedy }) => {
    expect(meaning).not.toBe("");
    expect(remedy).not.toBe("");
  });

  it("lists only reasons that the product itself uses", () => {
    const used = wordsIn("src/!(testing)/**/*.ts", "src/*.ts", "adapters/**/*.ts");
    expect(ERROR_REASONS.filter((reason) => !used.has(reason))).toEqual([]);
  });
});
