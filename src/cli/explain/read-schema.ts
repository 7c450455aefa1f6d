import { createRequire } from "node:module";
import { closestTo } from "../../catalog/suggestions.ts";
import { KIND_NAMES, kindNamed } from "../../catalog/kind-names.ts";
import { CATALOG_KINDS } from "../../catalog/kinds.ts";
import { invalidArgument } from "../../errors.ts";
import type { JsonObject, JsonValue } from "../../errors.ts";
import { readRegularFile } from "../../host/read-file.ts";
import { asJsonObject } from "../../json/json-object.ts";
import { quoted } from "../terminal-text.ts";

/** The documents that the package has a schema of in addition to the records of the catalog. */
const DOCUMENTS = ["plan", "spawn", "event", "error"] as const;

/** In bytes, far more than any schema has. */
const LARGEST = 4 * 1024 * 1024;

/** The words that `explain` takes. */
export const EXPLAINABLE: readonly string[] = [...CATALOG_KINDS, ...DOCUMENTS];

/**
 * The name of the schema of a kind or document, by its name, plural or short name.
 *
 * @throws SlipwayError `INVALID_ARGUMENT` / `UNKNOWN_KIND`
 */
export function schemaNamed(word: string): string {
  const singular = word.toLowerCase().replace(/s$/u, "");
  const found = kindNamed(word) ?? DOCUMENTS.find((name) => name === singular);
  if (found !== undefined) return found;
  const meant = closestTo(word, [...KIND_NAMES, ...DOCUMENTS]);
  throw invalidArgument(
    "UNKNOWN_KIND",
    `unknown kind ${quoted(word)}`,
    `${meant === null ? "" : `Did you mean ${meant}? `}The kinds are ${CATALOG_KINDS.join(", ")}; ${DOCUMENTS.join(", ")} can be explained too.`,
  );
}

/** A JSON Schema of this package, as programs read it: the sources and the build find the same file. */
export async function readSchema(name: string): Promise<JsonObject> {
  const path = createRequire(import.meta.url).resolve(`slipway/schemas/${name}.json`);
  const schema: JsonValue = JSON.parse((await readRegularFile(path, LARGEST)).toString());
  return asJsonObject(schema);
}
