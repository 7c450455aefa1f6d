/** The write-back of a bake: an immutable image with its provenance. */
import { invalidArgument } from "../errors.ts";
import type { CatalogArchitecture, ImageFields } from "./kinds.ts";
import { parseOwn } from "./parse.ts";

export interface Bake {
  readonly recipeRef: string;
  /** SHA-256 of the bake's inputs, 64 hex digits. */
  readonly imageHash: string;
  readonly architecture: CatalogArchitecture | "amd64" | "arm64";
  readonly gce?: { readonly selfLink: string };
  /** One entry, for the region in which the bake ran. */
  readonly aws?: { readonly amiIds: Readonly<Record<string, string>> };
  /** Default: `<recipe>-<first 16 digits of the hash>`. */
  readonly name?: string;
  readonly description?: string;
}

const HASH_DIGITS_IN_NAME = 16;

/** @throws SlipwayError `INVALID_ARGUMENT` / `INVALID_RECORD` if the image violates its kind's rules */
export function bakedImageFields(bake: Bake): ImageFields {
  checkBake(bake);
  const { recipeRef, imageHash, architecture, gce, aws, name, description } = bake;
  const provenance = { recipeRef, imageHash };
  return parseOwn("image", {
    name: name ?? `${recipeRef}-${imageHash.slice(0, HASH_DIGITS_IN_NAME)}`,
    description,
    architecture: toCatalogArchitecture(architecture),
    gce: gce && { ...gce, provenance },
    aws: aws && { ...aws, provenance },
  });
}

/** Checks only what the default name needs; the kind's rules validate everything else. */
function checkBake(bake: Bake): void {
  if (typeof bake !== "object" || bake === null)
    throw invalidArgument("INVALID_RECORD", "the bake must be a map of fields");
  if (typeof bake.recipeRef !== "string")
    throw invalidArgument("INVALID_RECORD", "provenance.recipe_ref is required");
  if (typeof bake.imageHash !== "string")
    throw invalidArgument("INVALID_RECORD", "provenance.image_hash is required");
}

function toCatalogArchitecture(architecture: Bake["architecture"]): string {
  if (architecture === "amd64") return "ARCHITECTURE_AMD64";
  return architecture === "arm64" ? "ARCHITECTURE_ARM64" : architecture;
}
