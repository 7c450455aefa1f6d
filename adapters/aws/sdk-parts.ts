import { existsSync, readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

/** Runs what loads some of a package's parts. */
export type PartsReader = <Result>(load: () => Result) => Result;

/**
 * For the files that a package of the SDK is made of, instead of the one that holds them all: that of EC2 is two
 * megabytes with 750 calls, of which ten are made here, and takes longer to start than all else of a command.
 *
 * The files, in `dist-es`, are written for bundlers, which add endings, take `.js` for a module and JSON for its value.
 * So are they read here, in this folder alone and while one of them is loaded.
 *
 * @param manifest path of the package's `package.json`
 * @param files some of them, below `dist-es` and without their endings
 * @returns null where the package is laid out otherwise or Node cannot read it so: then there is the one file
 */
export function partsReader(manifest: string, files: readonly string[]): PartsReader | null {
  const folder = join(dirname(manifest), "dist-es");
  const isThere = files.every((file) => existsSync(join(folder, `${file}.js`)));
  // Node has it since 22.15 and 23.5; what else runs this may not.
  if (!isThere || typeof registerHooks !== "function") return null;
  return (load) => {
    const hooks = readAsBundlersDo(manifest, folder);
    try {
      return load();
    } finally {
      hooks.deregister();
    }
  };
}

function readAsBundlersDo(manifest: string, folder: string): { deregister(): void } {
  const within = pathToFileURL(join(folder, "/")).href;
  const manifestUrl = pathToFileURL(manifest).href;
  return registerHooks({
    resolve(specifier, context, next) {
      const { parentURL } = context;
      if (parentURL?.startsWith(within) !== true || !specifier.startsWith("."))
        return next(specifier, context);
      const file = /\.js(?:on)?$/.test(specifier) ? specifier : `${specifier}.js`;
      const { href } = new URL(file, parentURL);
      return { url: href, format: "module", shortCircuit: true };
    },
    load(url, context, next) {
      if (url.startsWith(within)) return next(url, { ...context, format: "module" });
      if (url !== manifestUrl) return next(url, context);
      const source = `export default ${readFileSync(manifest, "utf8")}`;
      return { format: "module", source, shortCircuit: true };
    },
  });
}
