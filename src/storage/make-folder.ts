import { existsSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Makes a folder, and those above it, for this user alone. What is there already stays as it is.
 *
 * Node's own recursive `mkdir` never returns where a file system answers ENOENT although the parent exists, as `/proc`
 * does.
 *
 * @param folder absolute
 * @throws what the file system says
 */
export function makeFolder(folder: string): void {
  const parent = dirname(folder);
  if (!existsSync(parent)) makeFolder(parent);
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (caught) {
    // Where it is no folder, opening a file in it says so.
    if (!(caught instanceof Error && "code" in caught && caught.code === "EEXIST")) throw caught;
  }
}
