import { mkdtempSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { launchNowhere } from "../../examples/fake.ts";
import { allBlocks, ROOT } from "./support/documents.ts";

/** An example as whoever has installed the package writes it. */
function asInstalled(source: string): string {
  return source
    .replaceAll('"../src/index.ts"', '"slipway"')
    .replaceAll('"../src/testing/index.ts"', '"slipway/testing"');
}

describe("TypeScript examples", () => {
  const shown = allBlocks().filter(({ language }) => language === "ts");

  it("are shown", () => {
    const files = shown.map(({ subject }) => subject);
    expect(files).toEqual(expect.arrayContaining(["examples/embed.ts", "examples/fake.ts"]));
  });

  it.each(shown)("$at is $subject, word for word", ({ subject, text }) => {
    expect(text).toBe(asInstalled(readFileSync(join(ROOT, subject), "utf8")));
  });

  it("launch one machine", async () => {
    const folder = mkdtempSync(join(tmpdir(), "slipway-docs-"));
    try {
      const { spawn, launches } = await launchNowhere(join(folder, "slipway.db"));
      expect(spawn).toMatchObject({ spawnId: "agent-1", state: "running" });
      expect(launches).toBe(1);
      // What is run once more says the same once more, under the same id.
      expect((await launchNowhere(join(folder, "slipway.db"))).launches).toBe(0);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
