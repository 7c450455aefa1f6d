import { hash, randomUUID } from "node:crypto";
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { getCompileCacheDir } from "node:module";
import { join } from "node:path";

/**
 * What was made of a source, kept where the process keeps its compiled code, and trusted as much. A process that keeps
 * none makes it anew, as does one that cannot read or write there.
 *
 * @param of all that it depends on
 */
export function keptSource(of: readonly unknown[], make: () => string): string {
  const folder = getCompileCacheDir();
  if (folder === undefined) return make();
  const file = join(folder, `slipway-${hash("sha256", JSON.stringify(of))}.js`);
  const kept = readIfWhole(file);
  if (kept !== null) return kept;
  const made = make();
  keep(file, sealOf(made) + made);
  return made;
}

/** A machine that loses its power may keep a file's name and lose what is in it. */
function readIfWhole(file: string): string | null {
  try {
    const kept = readFileSync(file, "utf8");
    const source = kept.slice(kept.indexOf("\n") + 1);
    return kept === sealOf(source) + source ? source : null;
  } catch {
    // Not made yet, or not to be read: it is made.
    return null;
  }
}

function sealOf(source: string): string {
  return `// ${hash("sha256", source)}\n`;
}

/** Whole or not at all: another process may read it at any time. */
function keep(file: string, source: string): void {
  const fresh = `${file}.${randomUUID()}`;
  try {
    writeFileSync(fresh, source, { mode: 0o600, flag: "wx" });
    renameSync(fresh, file);
  } catch {
    // Nothing depends on it but time.
    removeIfThere(fresh);
  }
}

function removeIfThere(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // Where nothing can be written, nothing can be removed, and nothing is there.
  }
}
