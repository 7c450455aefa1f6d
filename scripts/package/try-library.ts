import { copyFileSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { attempt } from "./run.ts";
import type { Installed } from "./run.ts";

const PROGRAMS = ["docker-only.mjs", "all-substrates.mjs"] as const;

/** Folders of `node_modules` with the clouds' SDKs, which a program can install in addition to the library. */
const SDKS = ["@aws-sdk", "@google-cloud", "@smithy", "google-auth-library", "google-gax"] as const;

/**
 * Uses the library in a program without any cloud SDK, and in one with the SDKs that this repository installs for
 * development.
 */
export async function tryLibrary(installed: Installed, folder: string): Promise<void> {
  const here = { ...installed, home: folder };
  for (const program of PROGRAMS)
    copyFileSync(join(import.meta.dirname, program), join(folder, program));
  await attempt(here, { words: ["docker-only.mjs"], prints: "done\n" });
  const links = SDKS.map((name) => join(folder, "node_modules", name));
  for (const [index, name] of SDKS.entries())
    symlinkSync(join(process.cwd(), "node_modules", name), links[index] ?? "");
  await attempt(here, { words: ["all-substrates.mjs"], prints: "done\n" });
  for (const link of links) rmSync(link);
}
