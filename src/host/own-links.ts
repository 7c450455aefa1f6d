import { lstatSync, readlinkSync, realpathSync } from "node:fs";
import { basename, dirname, isAbsolute, join } from "node:path";
import { belongsToAnother } from "./file-owner.ts";

/** The limit of Linux (`path_resolution(7)`). */
const MOST_LINKS = 40;

/** A link that must not decide which file is opened. */
export interface UnsafeLink {
  readonly link: string;
  /** A clause that follows the name of the file. */
  readonly what: string;
  readonly remedy: string;
}

/**
 * Follows the links at the end of a path here instead of while it is opened, so that the file that is checked is the
 * file that is opened. A link of another user could lead to any file, and to another one the next time.
 *
 * @param path absolute, in an existing folder
 * @param refuse creates the error for an unsafe link
 * @returns a path whose last part is not a link; the file may not exist
 * @throws the file system's error, or the one that `refuse` creates
 */
export function followOwnLinks(path: string, refuse: (unsafe: UnsafeLink) => Error): string {
  let file = path;
  for (let hops = 0; hops < MOST_LINKS; hops += 1) {
    const status = lstatSync(file, { throwIfNoEntry: false });
    if (status?.isSymbolicLink() !== true) return join(realpathSync(dirname(file)), basename(file));
    if (belongsToAnother(status)) {
      const what = `is a symbolic link of another user (uid ${status.uid})`;
      throw refuse({ link: file, what, remedy: "Name a file of your own." });
    }
    const target = readlinkSync(file);
    // `join` would drop `..` together with the part before it, which may itself be a link to another folder.
    file = isAbsolute(target) ? target : `${dirname(file)}/${target}`;
  }
  throw refuse({
    link: path,
    what: "is a symbolic link without an end",
    remedy: "Remove the link.",
  });
}
