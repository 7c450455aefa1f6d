import { readFileSync } from "node:fs";

/** The version of this package, from its own manifest: the sources and the build find the same one. */
export function readVersion(): string {
  const manifest: unknown = JSON.parse(
    readFileSync(new URL(import.meta.resolve("slipway/package.json")), "utf8"),
  );
  if (typeof manifest === "object" && manifest !== null && "version" in manifest)
    return String(manifest.version);
  throw new TypeError("the package's manifest has no version");
}
