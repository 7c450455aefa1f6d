import { spawnSync } from "node:child_process";
import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { makeFolder } from "../../../src/storage/database.ts";
import { scratchFolder } from "../../support/scratch.ts";

const MODULE = join(import.meta.dirname, "../../../src/storage/database.ts");

describe("makeFolder", () => {
  it("creates every missing folder for this user alone, and is idempotent", () => {
    using folder = scratchFolder();
    const deep = join(folder.path, "a", "b", "c");
    makeFolder(deep);
    makeFolder(deep);
    for (const path of [deep, join(folder.path, "a")])
      expect(statSync(path).mode & 0o777).toBe(0o700);
  });

  it("reports a file in the way", () => {
    using folder = scratchFolder();
    writeFileSync(join(folder.path, "file"), "");
    expect(() => makeFolder(join(folder.path, "file", "below"))).toThrow("ENOTDIR");
  });

  it.skipIf(process.platform !== "linux")("ends if a file system creates no folders", () => {
    // In a process of its own, because a failure would block this one forever.
    const call = `import { makeFolder } from ${JSON.stringify(MODULE)}; makeFolder("/proc/slipway/data");`;
    const ran = spawnSync(process.execPath, ["--input-type=module", "--eval", call], {
      encoding: "utf8",
      timeout: 20_000,
      killSignal: "SIGKILL",
    });
    expect(ran.signal).toBeNull();
    expect(ran.stderr).toContain("ENOENT");
  });
});
