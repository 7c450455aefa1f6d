/** The parts that the kinds' schemas share. Field names are in camelCase; unknown fields are errors. */
import { z } from "zod";
import { isName, nameGrammar } from "../names.ts";
import type { CatalogKind } from "../kinds.ts";

/** A string of the given form. The message follows the field's name and a colon. */
export function text(form: RegExp, message: string, longest = 1024) {
  return z.string().max(longest, message).regex(form, message);
}

/** A name of the kind, for a record's own name or for a reference. */
export function nameOf(kind: CatalogKind) {
  return z.string().refine((name) => isName(kind, name), `must match ${nameGrammar(kind)}`);
}

/** The fields that every kind has. The kind's rules validate them in more detail. */
export function described(kind: CatalogKind) {
  return { name: nameOf(kind), description: z.string().exactOptional() };
}

/** A list without duplicates. */
export function distinct<T extends z.ZodType<string | number>>(item: T) {
  return z
    .array(item)
    .refine((items) => new Set(items).size === items.length, "must not contain duplicates");
}

const SUBSTRATE_PREFIX = "SUBSTRATE_";

/** `AWS` or `SUBSTRATE_AWS`; the short form is stored. */
export const substrate = z.preprocess(
  (value) =>
    typeof value === "string" && value.startsWith(SUBSTRATE_PREFIX)
      ? value.slice(SUBSTRATE_PREFIX.length)
      : value,
  z.enum(["AWS", "GCP", "DOCKER"], "must be AWS, GCP or DOCKER"),
);

export const architecture = z.enum(
  ["ARCHITECTURE_AMD64", "ARCHITECTURE_ARM64"],
  "must be ARCHITECTURE_AMD64 or ARCHITECTURE_ARM64",
);
