import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { lockFileFaults } from "../../../scripts/lock-file.ts";

const faultsOf = (packages: unknown): readonly string[] =>
  lockFileFaults(JSON.stringify({ lockfileVersion: 3, packages }));

describe("the check of package-lock.json", () => {
  it("finds nothing wrong with this repository's", () => {
    const lockFile = join(import.meta.dirname, "..", "..", "..", "package-lock.json");
    expect(lockFileFaults(readFileSync(lockFile, "utf8"))).toEqual([]);
  });

  it("names each package without an integrity, wherever npm puts it", () => {
    const packages = {
      "": { name: "slipway", version: "0.1.0" },
      "node_modules/good": { version: "1.0.0", integrity: "sha512-a" },
      "node_modules/bare": { version: "1.0.0" },
      "node_modules/good/node_modules/@scope/nested": { version: "1.0.0", dev: true },
      "tools/node_modules/bare": { version: "1.0.0" },
    };
    expect(faultsOf(packages)).toEqual([
      "node_modules/bare has no integrity",
      "node_modules/good/node_modules/@scope/nested has no integrity",
      "tools/node_modules/bare has no integrity",
    ]);
  });

  it("asks for none where nothing is downloaded", () => {
    const packages = {
      "": { name: "slipway", version: "0.1.0" },
      tools: { name: "tools", version: "0.1.0" },
      "node_modules/tools": { resolved: "tools", link: true },
      "node_modules/good": { version: "1.0.0", integrity: "sha512-a" },
      "node_modules/good/node_modules/part": { version: "1.0.0", inBundle: true },
    };
    expect(faultsOf(packages)).toEqual([]);
  });

  it("names each package that names a host", () => {
    const resolved = "https://registry.example/good/-/good-1.0.0.tgz";
    const packages = { "node_modules/good": { version: "1.0.0", integrity: "sha512-a", resolved } };
    expect(faultsOf(packages)).toEqual(["node_modules/good names its download location"]);
  });

  it("does not take another file for a lock file", () => {
    expect(() => lockFileFaults("{}")).toThrow(/packages/);
  });
});
