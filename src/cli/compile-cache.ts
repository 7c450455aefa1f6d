import { lstatSync, mkdirSync } from "node:fs";
import { enableCompileCache } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Lets Node keep what it compiles in the temporary directory, which makes a command's start shorter from the second
 * time on. `NODE_COMPILE_CACHE` names another place, `NODE_DISABLE_COMPILE_CACHE` forbids it. Nothing depends on it:
 * where it cannot be written, code is compiled as ever.
 */
export function keepCompiledCode(): void {
  const user = process.getuid?.();
  const folder = join(tmpdir(), `slipway-compiled-${user ?? "code"}`);
  if (user === undefined || isOwn(folder, user)) enableCompileCache(folder);
}

/** Compiled code is run as it is found: a folder that others can write to would let them run theirs. */
function isOwn(folder: string, user: number): boolean {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch {
    // It is there already, or cannot be made: what is found there tells.
  }
  try {
    const found = lstatSync(folder);
    return found.isDirectory() && found.uid === user && (found.mode & 0o022) === 0;
  } catch {
    // No temporary directory is no reason to do without the command.
    return false;
  }
}
