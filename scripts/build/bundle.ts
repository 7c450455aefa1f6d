import { chmodSync, statSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { isBuiltin } from "node:module";
import { basename, join } from "node:path";
import { rolldown } from "rolldown";
import type { OutputChunk, Plugin } from "rolldown";
import { thirdPartyLicenses } from "./licenses.ts";

const ROOT = join(import.meta.dirname, "../..");

/** The program of the bundle, which `package.json` names as `slipway`. */
const PROGRAM = "slipway.cjs";
const LICENSES = "THIRD-PARTY-LICENSES";

/** One file of the bundle. */
export interface Chunk {
  readonly file: string;
  /** Absolute paths of the files that it is made of. */
  readonly modules: readonly string[];
}

/**
 * Bundles the command line with every package that it needs: one file for what all commands share, and one for what
 * is imported lazily, so that a command reads nothing else. The text is not minified, so that the lines and names of a
 * stack trace can be read; minified it starts 4 % faster.
 *
 * The files are CommonJS. As ES modules they take 30 ms more for each command that uses a network: an import of
 * `node:http` reads all its exports, and thereby loads Node's WebSocket and fetch.
 *
 * @throws Error for a package that would be missing at run time, and for every warning of the bundler
 */
export async function bundleCommandLine(folder: string): Promise<readonly Chunk[]> {
  const unused = leaveOutUnused();
  await using bundle = await rolldown({
    cwd: ROOT,
    input: { slipway: "src/cli/main.ts" },
    platform: "node",
    // Prefer a package's ES modules to its CommonJS files: only their unused exports can be removed.
    resolve: { mainFields: ["module", "main"] },
    transform: { target: "es2024" },
    plugins: [unused.plugin, largeJsonAsFile],
    onLog(_level, { message }) {
      throw new Error(`the bundler warns: ${message}`);
    },
  });
  const { output } = await bundle.write({
    dir: folder,
    format: "cjs",
    dynamicImportInCjs: false,
    entryFileNames: PROGRAM,
    chunkFileNames: "[name]-[hash].cjs",
    assetFileNames: "[name][extname]",
  });
  unused.check();
  const chunks = output.filter((part) => part.type === "chunk");
  checkImports(chunks, new Set(output.map(({ fileName }) => fileName)));
  const files = output.flatMap((part) =>
    part.type === "chunk" ? includedModules(part) : part.originalFileNames,
  );
  writeFileSync(join(folder, LICENSES), thirdPartyLicenses(files));
  chmodSync(join(folder, PROGRAM), 0o755);
  return chunks.map((chunk) => ({ file: chunk.fileName, modules: includedModules(chunk) }));
}

/**
 * Imports of dockerode for methods that the engine adapter does not call, each with the reason: SSH, gRPC and
 * protocol buffers, which are larger than dockerode itself.
 */
const UNUSED: ReadonlyMap<string, string> = new Map([
  ["docker-modem", "the engine adapter passes dockerode its own modem"],
  ["./buildkit", "Slipway builds no images"],
  ["./session", "Slipway builds no images"],
]);
const DOCKERODE = /\/dockerode\/lib\/docker\.js$/;

/** Replaces each import with a function that throws. `check` finds entries that dockerode no longer imports. */
function leaveOutUnused(): { readonly plugin: Plugin; check(): void } {
  const met = new Set<string>();
  const prefix = "\0unused:";
  return {
    plugin: {
      name: "leave-out-unused",
      resolveId(specifier, importer = "") {
        if (!UNUSED.has(specifier) || !DOCKERODE.test(importer)) return null;
        met.add(specifier);
        return prefix + specifier;
      },
      load(id) {
        if (!id.startsWith(prefix)) return null;
        const specifier = id.slice(prefix.length);
        const message = `${specifier} is not in the bundle: ${UNUSED.get(specifier)}`;
        return `module.exports = function unused() { throw new Error(${JSON.stringify(message)}); };`;
      },
    },
    check() {
      const lost = [...UNUSED.keys()].filter((specifier) => !met.has(specifier));
      if (lost.length > 0) throw new Error(`dockerode does not import ${lost.join(", ")} any more`);
    },
  };
}

const LARGE_BYTES = 1_000_000;

/**
 * Copies large JSON files unchanged next to the bundle. A bundler turns JSON into JavaScript, which Node takes five
 * times as long to read: 340 ms instead of 70 for the 11 MB that describe Compute Engine.
 */
const largeJsonAsFile: Plugin = {
  name: "large-json-as-file",
  async resolveId(specifier, importer) {
    if (!specifier.endsWith(".json")) return null;
    const found = await this.resolve(specifier, importer, { skipSelf: true });
    if (found === null || statSync(found.id).size < LARGE_BYTES) return null;
    const name = basename(found.id);
    this.emitFile({
      type: "asset",
      fileName: name,
      originalFileName: found.id,
      source: await readFile(found.id),
    });
    return { id: `./${name}`, external: true };
  },
};

/** A bundle that imports a package would find it in a checkout, but not in an installation. */
function checkImports(chunks: readonly OutputChunk[], own: ReadonlySet<string>): void {
  for (const { fileName, imports, dynamicImports } of chunks)
    for (const name of [...imports, ...dynamicImports])
      if (!isBuiltin(name) && !own.has(name.replace(/^\.\//, "")))
        throw new Error(`${fileName} imports ${name}, which is not in the bundle`);
}

function includedModules({ modules }: OutputChunk): readonly string[] {
  return Object.entries(modules).flatMap(([id, { renderedLength }]) =>
    renderedLength === 0 || id.startsWith("\0") ? [] : [id],
  );
}
