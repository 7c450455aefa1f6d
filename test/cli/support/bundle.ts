import { copyFileSync, cpSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { bundleCommandLine } from "../../../scripts/build/bundle.ts";
import { scratchFolder } from "../../support/scratch.ts";

const ROOT = join(import.meta.dirname, "../../..");

/** Preloads the report that {@link Bundle.loadedIn} reads. */
export const REPORT = ["--import", join(import.meta.dirname, "report-modules.mjs")] as const;

export interface Bundle extends Disposable {
  readonly program: string;
  /** Names of the packages that it contains. */
  readonly packages: ReadonlySet<string>;
  /** The document with their licences. */
  readonly licenses: string;
  /** What a process with the report loaded: paths of the files that its chunks are made of, and names of Node's modules. */
  loadedIn(stderr: string): readonly string[];
}

/** The command line, bundled as it is published. */
export async function bundledCommandLine(): Promise<Bundle> {
  const folder = scratchFolder();
  const place = join(folder.path, "dist", "cli");
  const chunks = await bundleCommandLine(place);
  copyFileSync(join(ROOT, "package.json"), join(folder.path, "package.json"));
  cpSync(join(ROOT, "schemas"), join(folder.path, "schemas"), { recursive: true });
  const modules = new Map(chunks.map(({ file, modules }) => [file, modules]));
  const files = chunks.flatMap((chunk) => chunk.modules);
  return {
    program: join(place, "slipway.cjs"),
    packages: new Set(files.flatMap((file) => packageOf(file) ?? [])),
    licenses: readFileSync(join(place, "THIRD-PARTY-LICENSES"), "utf8"),
    loadedIn(stderr) {
      const report: unknown = JSON.parse(stderr);
      if (!Array.isArray(report)) throw new Error(`not a report: ${stderr}`);
      return report.map(String).flatMap((name) => modules.get(basename(name)) ?? [name]);
    },
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
}

/** The name of the package that a file belongs to; null for one of Slipway's own. */
function packageOf(file: string): string | null {
  const within = file.split("/node_modules/").at(-1);
  if (within === undefined || within === file) return null;
  const [first = "", second = ""] = within.split("/");
  return first.startsWith("@") ? `${first}/${second}` : first;
}
