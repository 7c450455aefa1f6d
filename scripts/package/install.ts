import { execFileSync } from "node:child_process";
import { lstatSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Builds and packs the package. Returns the path of the tarball. */
export function pack(folder: string): string {
  const printed = npm(["pack", "--silent", "--pack-destination", folder], process.cwd());
  // The build prints before the file's name.
  return join(folder, printed.trim().split("\n").at(-1) ?? "");
}

/** Installs the command as `npm install --global` does. Returns the path of its program. */
export function installCommand(tarball: string, prefix: string): string {
  mkdirSync(prefix);
  npm(["install", "--global", "--prefix", prefix, "--no-audit", tarball], prefix);
  return join(prefix, "bin", "slipway");
}

/** Installs the library and an older Node into a program's folder. */
export function installLibrary(tarball: string, folder: string, node: string) {
  mkdirSync(folder);
  writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }');
  npm(["install", "--no-audit", `node@${node}`, tarball], folder);
  return { folder, oldestNode: join(folder, "node_modules", ".bin", "node") };
}

/** Disk space of a folder's files, in MiB. */
export function megabytesOf(folder: string): number {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
  const blocks = files.map((file) => lstatSync(join(folder, file)).blocks);
  return Math.ceil((blocks.reduce((sum, count) => sum + count, 0) * BLOCK_BYTES) / 2 ** 20);
}

/** The unit of `blocks` in `stat`, independent of the file system. */
const BLOCK_BYTES = 512;

function npm(args: readonly string[], cwd: string): string {
  return execFileSync("npm", ["--loglevel=error", ...args], {
    cwd,
    stdio: ["ignore", "pipe", "inherit"],
    encoding: "utf8",
  });
}
