import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT, tableRows } from "./support/documents.ts";

const NAME = "SECURITY.md";
const TEST_FILE = /`(test\/[^`]+\.test\.ts)`/gu;

describe(NAME, () => {
  it("names a test for each rule", () => {
    const rows = tableRows(NAME, "Rules, and the tests that hold them");
    expect(rows.length).toBeGreaterThan(15);
    const bare = rows.filter(([, tests = ""]) => [...tests.matchAll(TEST_FILE)].length === 0);
    expect(bare).toEqual([]);
  });

  it("is part of the package, whose documents link to it", () => {
    const { files }: { readonly files: unknown } = JSON.parse(
      readFileSync(join(ROOT, "package.json"), "utf8"),
    );
    expect(files).toContain(NAME);
  });
});
