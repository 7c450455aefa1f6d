import { spawnSync } from "node:child_process";
import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { makeFolder } from "../../../src/storage/database.ts";
import { scratchFolder } from "../../support/scratch.ts";

const MODULE = join(import.meta.dirname, "../../../src/storage/database.ts");

describe("makeFolder", () => {
  it("makes every folder on the way, for this user alone, as often as it is asked", () => {
    using folder = scratchFolder();
    const deep = join(folder.path, "a", "b", "c");
    makeFolder(deep);
    makeFolder(deep);
    for (const path of [deep, join(folder.path, "a")])
      expect(statSync(path).mode & 0o777).toBe(0o700);
  });

  it("says so where a file is in the way", () => {
    using folder = scratchFolder();
    writeFileSync(join(folder.path, "file"), "");
    expect(() => makeFolder(join(folder.path, "file", "below"))).toThrow("ENOTDIR");
  });

  it.skipIf(process.platform !== "linux")("ends where a file system makes no folders", () => {
    // In a process of its own, as what it guards against would hold this one for ever.
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
