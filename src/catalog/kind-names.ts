/** The names under which users know the kinds. */
import { CATALOG_KINDS } from "./kinds.ts";
import type { CatalogKind } from "./kinds.ts";

/** For each kind its plural, and its short names where it has any. */
export const KIND_ALIASES: Readonly<Record<CatalogKind, readonly [string, ...string[]]>> = {
  image: ["images", "img"],
  workspace: ["workspaces", "ws"],
  placement: ["placements", "pl"],
  environment: ["environments", "env"],
  "machine-type": ["machine-types", "mt"],
  "disk-type": ["disk-types", "dt"],
  secret: ["secrets"],
};

const KINDS_BY_NAME: ReadonlyMap<string, CatalogKind> = new Map(
  entriesOf(KIND_ALIASES).flatMap(([kind, aliases]) =>
    [kind, ...aliases].map((name) => [simplified(name), kind] as const),
  ),
);

/** Every kind and plural. */
export const KIND_NAMES: readonly string[] = CATALOG_KINDS.flatMap((kind) => [
  kind,
  KIND_ALIASES[kind][0],
]);

/** The kind with this name, plural or short name; `MachineType` and `machine_type` are `machine-type`. */
export function kindNamed(name: string): CatalogKind | null {
  return KINDS_BY_NAME.get(simplified(name)) ?? null;
}

function simplified(name: string): string {
  return name.toLowerCase().replaceAll(/[-_]/g, "");
}

function entriesOf(
  aliases: typeof KIND_ALIASES,
): readonly (readonly [CatalogKind, readonly string[]])[] {
  return CATALOG_KINDS.map((kind) => [kind, aliases[kind]] as const);
}
