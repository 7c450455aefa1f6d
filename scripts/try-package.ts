/**
 * Packs the package, installs it and uses it: every command and the library, on the oldest supported and on the current
 * Node, and the library without and with the clouds' SDKs. Only results may be printed. Also measures the size of the
 * command's installation. Needs the package registry; CI runs it.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installCommand, installLibrary, megabytesOf, pack } from "./package/install.ts";
import { report } from "./package/run.ts";
import { tryCommands } from "./package/try-commands.ts";
import { tryLibrary } from "./package/try-library.ts";

const OLDEST_NODE = "22.18.0";
/** Bound for the disk space of `npm install --global`. */
const MOST_MEGABYTES = 80;

const folder = mkdtempSync(join(tmpdir(), "slipway-package-"));
try {
  const tarball = pack(folder);
  const command = installCommand(tarball, join(folder, "global"));
  const megabytes = megabytesOf(join(folder, "global"));
  report(megabytes <= MOST_MEGABYTES, `${megabytes} MB installed, of ${MOST_MEGABYTES}`);
  const library = installLibrary(tarball, join(folder, "library"), OLDEST_NODE);
  for (const node of [library.oldestNode, process.execPath]) {
    console.log(`Node ${execFileSync(node, ["--version"], { encoding: "utf8" }).trim()}`);
    const home = mkdtempSync(join(folder, "home-"));
    await tryCommands({ program: node, before: [command], home });
    await tryLibrary({ program: node, before: [], home }, library.folder);
  }
} finally {
  rmSync(folder, { recursive: true });
}
