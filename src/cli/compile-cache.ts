import { lstatSync, mkdirSync } from "node:fs";
import { enableCompileCache } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Lets Node keep what it compiles in the temporary directory, which spares a command most of its start from the second
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
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const { uid, mode } = lstatSync(folder);
    return uid === user && (mode & 0o170_022) === 0o040_000;
  } catch {
    // A temporary directory that cannot be written to is no reason to do without the command.
    return false;
  }
}
