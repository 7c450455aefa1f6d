import type { ModuleImport, Modules, SourceModule } from "./read-module.ts";

/** A wall: every breach of it as one line that begins with the file. */
export interface Wall {
  readonly name: string;
  readonly breaches: (modules: Modules) => readonly string[];
}

/** A wall that each import is held to on its own: the answer is why it may not be, or null. */
export function importWall(
  name: string,
  judge: (module: SourceModule, imported: ModuleImport) => string | null,
): Wall {
  return {
    name,
    breaches: (modules) =>
      [...modules.values()].flatMap((module) =>
        module.imports.flatMap((imported) => {
          const why = judge(module, imported);
          return why === null ? [] : [`${module.path}: imports ${nameOf(imported)}: ${why}`];
        }),
      ),
  };
}

/** Whether a path is one of these files, or within one of those that end with a slash. */
export function within(path: string, places: readonly string[]): boolean {
  return places.some((place) => (place.endsWith("/") ? path.startsWith(place) : path === place));
}

/** The package that a specifier names; null for an own file or a module of Node's. */
export function packageOf({ specifier, file }: ModuleImport): string | null {
  if (specifier === null || file !== null || isNodeModule(specifier)) return null;
  const [first = "", second = ""] = specifier.split("/");
  return first.startsWith("@") ? `${first}/${second}` : first;
}

/** Own code always says `node:`; a bare `fs` would be taken for a package, and refused. */
export function isNodeModule(specifier: string): boolean {
  return specifier.startsWith("node:");
}

/** `docker` for a file of the Docker adapter; null for one that is no adapter's. */
export function adapterOf(path: string): string | null {
  return /^adapters\/([^/]+)\//.exec(path)?.[1] ?? null;
}

function nameOf({ file, specifier }: ModuleImport): string {
  return file ?? specifier ?? "a computed name";
}
