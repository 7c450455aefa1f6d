import { randomBytes } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { isAbsent, notRegular } from "./read-file.ts";

/** Readable by this user alone. */
const PRIVATE = 0o600;

/**
 * Replaces a file in one step, with mode 0600: a reader sees the old content or the new one, after a crash too. If the
 * path is a symbolic link, the file that it names is replaced. Anything but a regular file is refused: as root,
 * renaming onto `/dev/null` would break every process of the machine.
 *
 * @throws the error of the file system, or one that `whyUnwritable` explains
 */
export function replaceFile(path: string, text: string): void {
  const target = targetOf(path);
  const draft = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString("hex")}`);
  try {
    const descriptor = openSync(draft, "wx", PRIVATE);
    try {
      writeFileSync(descriptor, text);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(draft, target);
  } catch (caught) {
    rmSync(draft, { force: true });
    throw caught;
  }
}

function targetOf(path: string): string {
  try {
    const status = statSync(path);
    if (!status.isFile()) throw notRegular(status);
    return realpathSync(path);
  } catch (caught) {
    if (isAbsent(caught)) return path;
    throw caught;
  }
}
