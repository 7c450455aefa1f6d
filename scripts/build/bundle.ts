import { chmodSync, writeFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join } from "node:path";
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
    plugins: [unused.plugin],
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
  });
  unused.check();
  const chunks = output.filter((part) => part.type === "chunk");
  checkImports(chunks, new Set(output.map(({ fileName }) => fileName)));
  const files = chunks.flatMap(includedModules);
  writeFileSync(join(folder, LICENSES), thirdPartyLicenses(files));
  chmodSync(join(folder, PROGRAM), 0o755);
  return chunks.map((chunk) => ({ file: chunk.fileName, modules: includedModules(chunk) }));
}

interface Unused {
  /** The files that import it. */
  readonly importer: RegExp;
  /** As they write it. */
  readonly specifiers: readonly string[];
  readonly why: string;
}

/**
 * Imports of packages for functions that the adapters do not call, each with the reason. They are most of what these
 * packages would add to the bundle and to a command's start-up time.
 */
const UNUSED: readonly Unused[] = [
  {
    importer: /\/dockerode\/lib\/docker\.js$/,
    specifiers: ["docker-modem"],
    why: "the engine adapter passes dockerode its own modem",
  },
  {
    importer: /\/dockerode\/lib\/docker\.js$/,
    specifiers: ["./buildkit", "./session"],
    why: "Slipway builds no images",
  },
  {
    importer: /\/google-gax\/build\/src\/(?:fallback|index)\.js$/,
    specifiers: [
      "@grpc/grpc-js",
      "./grpc",
      "../protos/iam_service",
      "../protos/locations",
      "../protos/operations",
    ],
    why: "Compute Engine has a REST API, without gRPC or these services",
  },
  {
    importer: /\/@google-cloud\/compute\/build\/src\/v1\/\w+_client\.js$/,
    specifiers: ["../../protos/protos.json"],
    why: "the Compute Engine adapter has its own description: see adapters/gce/client/gax.ts",
  },
];

/** Replaces each import with a function that throws. `check` finds entries that no package imports any more. */
function leaveOutUnused(): { readonly plugin: Plugin; check(): void } {
  const met = new Set<string>();
  const prefix = "\0unused:";
  const reasons = new Map(
    UNUSED.flatMap(({ specifiers, why }) => specifiers.map((one) => [one, why])),
  );
  return {
    plugin: {
      name: "leave-out-unused",
      resolveId(specifier, importer = "") {
        const isUnused = UNUSED.some(
          (one) => one.specifiers.includes(specifier) && one.importer.test(importer),
        );
        if (!isUnused) return null;
        met.add(specifier);
        return prefix + specifier;
      },
      load(id) {
        if (!id.startsWith(prefix)) return null;
        const specifier = id.slice(prefix.length);
        const message = `${specifier} is not in the bundle: ${reasons.get(specifier)}`;
        const thrown = `throw new Error(${JSON.stringify(message)});`;
        return { code: `module.exports = function unused() { ${thrown} };`, moduleType: "js" };
      },
    },
    check() {
      const lost = [...reasons.keys()].filter((specifier) => !met.has(specifier));
      if (lost.length > 0) throw new Error(`no package imports ${lost.join(", ")} any more`);
    },
  };
}

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
