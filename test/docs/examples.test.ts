import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { createServer } from "node:net";
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

  it("say so where their port is taken", async () => {
    const taken = createServer();
    taken.listen(5000, "127.0.0.1");
    // Where somebody else has it already, it is taken all the same.
    await Promise.race([once(taken, "listening"), once(taken, "error")]);
    const ran = spawnSync(process.execPath, [join(ROOT, "examples/registry.ts")], {
      encoding: "utf8",
      timeout: 40_000,
    });
    taken.close();
    expect(ran).toMatchObject({ status: 1, stdout: "" });
    expect(ran.stderr).toMatch(/^test server cannot listen on 127\.0\.0\.1:5000.*\n.+\n$/u);
  });

  it("launch one machine", async () => {
    const folder = mkdtempSync(join(tmpdir(), "slipway-docs-"));
    try {
      const { spawn, launches } = await launchNowhere(join(folder, "slipway.db"));
      expect(spawn).toMatchObject({ spawnId: "agent-1", state: "running" });
      expect(launches).toBe(1);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
