import * as nodeModule from "node:module";
import type { ResolveFnOutput } from "node:module";

/** A package of a hundred small files. */
const SCHEMAS = "zod";
/** Its messages in fifty languages, a file each: Slipway speaks English. */
const TRANSLATIONS = { file: "../locales/index.js", english: "../locales/en.js" } as const;

/**
 * Spares Node the search for what is known. Slipway's files, and those of zod, import each other by their whole paths,
 * yet for each of them Node looks for the file, for its path without links and for its package's manifest: with three
 * hundred files that is a seventh of a command's time. What they import by a package's name is looked for once.
 *
 * @param folders URLs of Slipway's own code, with slashes at their ends
 */
export function resolveKnownModules(folders: readonly string[]): void {
  // Node has it since 22.15 and 23.5; what else runs this may not.
  if (typeof nodeModule.registerHooks !== "function") return;
  const found = new Map<string, ResolveFnOutput>();
  let schemas: string | null = null;
  nodeModule.registerHooks({
    resolve(specifier, context, next) {
      const { parentURL = "", conditions } = context;
      const isOwn = folders.some((folder) => parentURL.startsWith(folder));
      const isSchemas = schemas !== null && parentURL.startsWith(schemas);
      if ((!isOwn && !isSchemas) || conditions.includes("require")) return next(specifier, context);
      if (specifier === TRANSLATIONS.file && isSchemas)
        return moduleAt(new URL(TRANSLATIONS.english, parentURL));
      if (isWholePath(specifier)) return moduleAt(new URL(specifier, parentURL));
      if (specifier.startsWith(".") || isSchemas) return next(specifier, context);
      const known = found.get(specifier) ?? { ...next(specifier, context), shortCircuit: true };
      found.set(specifier, known);
      if (specifier === SCHEMAS && known.format === "module")
        schemas ??= new URL(".", known.url).href;
      return known;
    },
  });
}

function isWholePath(specifier: string): boolean {
  return specifier.startsWith(".") && /\.[jt]s$/.test(specifier);
}

/** Compiled code is modules, as its manifest says; what the sources are, Node tells by their ending. */
function moduleAt({ href }: URL): ResolveFnOutput {
  const format = href.endsWith(".js") ? { format: "module" } : {};
  return { url: href, shortCircuit: true, ...format };
}
