import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

/** The version of this package, from its own manifest: the sources and the build find the same one. */
export function readVersion(): string {
  const manifest: unknown = JSON.parse(
    readFileSync(createRequire(import.meta.url).resolve("slipway/package.json"), "utf8"),
  );
  if (typeof manifest === "object" && manifest !== null && "version" in manifest)
    return String(manifest.version);
  throw new TypeError("the package's manifest has no version");
}
