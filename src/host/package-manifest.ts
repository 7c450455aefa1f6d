import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

/** The version of this package, from its own manifest: the sources and the build find the same one. */
export function readVersion(): string {
  const { version } = readManifest();
  if (typeof version === "string") return version;
  throw new TypeError("the package's manifest has no version");
}

/** The versions of Node that this package supports, such as `>=22.18`. */
export function supportedNode(): string {
  const { engines } = readManifest();
  if (typeof engines === "object" && engines !== null && "node" in engines)
    return String(engines.node);
  throw new TypeError("the package's manifest has no engines");
}

function readManifest(): { readonly version?: unknown; readonly engines?: unknown } {
  const manifest: unknown = JSON.parse(
    readFileSync(createRequire(import.meta.url).resolve("slipway/package.json"), "utf8"),
  );
  if (typeof manifest === "object" && manifest !== null) return manifest;
  throw new TypeError("the package's manifest is not an object");
}
