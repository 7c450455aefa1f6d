import type { ModuleImport, Modules, SourceModule } from "./read-module.ts";

/** A wall. Each breach is one line that begins with the file. */
export interface Wall {
  readonly name: string;
  readonly breaches: (modules: Modules) => readonly string[];
}

/** A wall that is checked for each import separately; `judge` returns the reason for a breach, or null. */
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

/** Whether a path is one of these files, or lies within one of the folders, which end with a slash. */
export function within(path: string, places: readonly string[]): boolean {
  return places.some((place) => (place.endsWith("/") ? path.startsWith(place) : path === place));
}

/** The package that a specifier names; null for an own file or a Node module. */
export function packageOf({ specifier, file }: ModuleImport): string | null {
  if (specifier === null || file !== null || isNodeModule(specifier)) return null;
  const [first = "", second = ""] = specifier.split("/");
  return first.startsWith("@") ? `${first}/${second}` : first;
}

/** Own code always writes `node:`. A bare `fs` therefore counts as a package, and is rejected. */
export function isNodeModule(specifier: string): boolean {
  return specifier.startsWith("node:");
}

/** `docker` for a file of the Docker adapter; null for a file outside the adapters. */
export function adapterOf(path: string): string | null {
  return /^adapters\/([^/]+)\//.exec(path)?.[1] ?? null;
}

function nameOf({ file, specifier }: ModuleImport): string {
  return file ?? specifier ?? "a computed name";
}
