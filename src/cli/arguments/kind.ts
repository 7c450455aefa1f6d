import { CATALOG_KINDS, isCatalogKind } from "../../catalog/kinds.ts";
import type { CatalogKind } from "../../catalog/kinds.ts";
import { invalidArgument } from "../../errors.ts";
import { quoted } from "../terminal-text.ts";

/** Parses the name of a catalog kind. */
export function catalogKind(word: string): CatalogKind {
  if (isCatalogKind(word)) return word;
  throw invalidArgument(
    "UNKNOWN_KIND",
    `unknown kind ${quoted(word)}`,
    `The kinds are ${CATALOG_KINDS.join(", ")}.`,
  );
}
