import { existsSync, readFileSync, statSync } from "node:fs";
import * as nodeModule from "node:module";
import type { ResolveFnOutput } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { keptSource } from "./kept-source.ts";
import { neededStatements } from "./sdk-schemas.ts";

/** Runs what loads some of a package's parts. */
export type PartsReader = <Result>(load: () => Result) => Result;

/** What is read of a package. */
export interface Parts {
  /** Path of the package's `package.json`. */
  readonly manifest: string;
  /** Files that have to be there, below `dist-es` and without their endings. */
  readonly files: readonly string[];
  /** The file with the shapes of all calls, named likewise, and what is used of it. */
  readonly schemas: { readonly file: string; readonly exports: readonly string[] };
}

/**
 * For the files that a package of the SDK is made of, instead of the one that holds them all: that of EC2 is two
 * megabytes with 750 calls, of which ten are made here, and takes longer to start than all else of a command.
 *
 * The files, in `dist-es`, are written for bundlers, which add endings, take `.js` for a module and JSON for its value.
 * So are they read here, in this folder alone and while one of them is loaded.
 *
 * @returns null where the package is laid out otherwise or Node cannot read it so: then there is the one file
 */
export function partsReader(parts: Parts): PartsReader | null {
  const folder = join(dirname(parts.manifest), "dist-es");
  const isThere = parts.files.every((file) => existsSync(join(folder, `${file}.js`)));
  // Node has it since 22.15 and 23.5; what else runs this may not.
  if (!isThere || typeof nodeModule.registerHooks !== "function") return null;
  const found = new Map<string, ResolveFnOutput>();
  return (load) => {
    const hooks = readAsBundlersDo(parts, folder, found);
    try {
      return load();
    } finally {
      hooks.deregister();
    }
  };
}

/** @param found where other packages are: each file names the same ones, and a search goes through many folders */
function readAsBundlersDo(
  { manifest, schemas }: Parts,
  folder: string,
  found: Map<string, ResolveFnOutput>,
): { deregister(): void } {
  const within = pathToFileURL(join(folder, "/")).href;
  const manifestUrl = pathToFileURL(manifest).href;
  const schemasUrl = new URL(`${schemas.file}.js`, within).href;
  return nodeModule.registerHooks({
    resolve(specifier, context, next) {
      const { parentURL } = context;
      if (parentURL?.startsWith(within) !== true) return next(specifier, context);
      if (!specifier.startsWith(".")) {
        const known = found.get(specifier) ?? { ...next(specifier, context), shortCircuit: true };
        found.set(specifier, known);
        return known;
      }
      const file = /\.js(?:on)?$/.test(specifier) ? specifier : `${specifier}.js`;
      const { href } = new URL(file, parentURL);
      return { url: href, format: "module", shortCircuit: true };
    },
    load(url, context, next) {
      if (url === schemasUrl) {
        const source = neededSource(manifest, url, schemas.exports);
        return { format: "module", source, shortCircuit: true };
      }
      if (url.startsWith(within)) return next(url, { ...context, format: "module" });
      if (url !== manifestUrl) return next(url, context);
      const source = `export default ${readFileSync(manifest, "utf8")}`;
      return { format: "module", source, shortCircuit: true };
    },
  });
}

/** Of the file with the shapes, what the exports need. Installers give all files one time: the manifest tells versions. */
function neededSource(manifest: string, url: string, exports: readonly string[]): string {
  const file = new URL(url);
  const { size, mtimeMs } = statSync(file);
  const release = readFileSync(manifest, "utf8");
  return keptSource([release, url, size, mtimeMs, exports, String(neededStatements)], () => {
    const all = readFileSync(file, "utf8");
    return neededStatements(all, exports) ?? all;
  });
}
