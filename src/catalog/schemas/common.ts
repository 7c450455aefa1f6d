/** The parts that the kinds' schemas and rules share. Field names are in camelCase; unknown fields are errors. */
import { z } from "zod";
import { isName, nameGrammar } from "../names.ts";
import type { CatalogArchitecture, CatalogKind } from "../kinds.ts";
import { fieldRule } from "../violation.ts";
import type { LooseFields, Normalized, Rule } from "../violation.ts";

/** A string of the given form. The message follows the field's name and a colon. */
export function text(form: RegExp, message: string, longest = 1024) {
  return z.string().max(longest, message).regex(form, message);
}

/** Providers' names of machine and disk types: `m7i.large`, `n2-standard-4`, `pd-balanced`. */
export const providerName = text(
  /^[a-z][a-z0-9.-]*$/,
  "must be the provider's name for the type",
  64,
);

/** A service account of Google Cloud. */
export const serviceAccount = text(
  /^[^\s@]+@[^\s@]+$|^default$/,
  "must be a service account's address",
  320,
);

/** A name of the kind, for a record's own name or for a reference. */
export function nameOf(kind: CatalogKind) {
  return z.string().refine((name) => isName(kind, name), `must match ${nameGrammar(kind)}`);
}

/** A name for the example of each kind. */
const NAMES: Readonly<Record<CatalogKind, string>> = {
  image: "agent-base",
  workspace: "agent-dev",
  placement: "this-machine",
  environment: "small",
  "machine-type": "general-large",
  "disk-type": "fast",
  secret: "API_TOKEN",
};

/** The fields that every kind has. The kind's rules validate them in more detail. */
export function described(kind: CatalogKind) {
  return {
    name: nameOf(kind).meta({
      description: "The record's name, by which other records and commands refer to it.",
      examples: [NAMES[kind]],
    }),
    description: z
      .string()
      .exactOptional()
      .meta({
        description: "A text for people, of at most 1024 bytes.",
        examples: ["For the search team"],
      }),
  };
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

const ARCHITECTURES: ReadonlyMap<string, CatalogArchitecture> = new Map([
  ["amd64", "ARCHITECTURE_AMD64"],
  ["x86_64", "ARCHITECTURE_AMD64"],
  ["arm64", "ARCHITECTURE_ARM64"],
  ["aarch64", "ARCHITECTURE_ARM64"],
]);

/** The spellings of an architecture beside the specification's own. */
export const ARCHITECTURE_NAMES: readonly string[] = [...ARCHITECTURES.keys()];

/** `amd64` or `x86_64`, `arm64` or `aarch64`; the specification's spelling is stored. */
export function normalizeArchitecture(fields: LooseFields): Normalized {
  const { architecture: given } = fields;
  const known = typeof given === "string" ? ARCHITECTURES.get(given.toLowerCase()) : undefined;
  return {
    fields: known === undefined ? fields : { ...fields, architecture: known },
    violations: [],
  };
}

export const architecture = z.enum(
  ["ARCHITECTURE_AMD64", "ARCHITECTURE_ARM64"],
  "must be ARCHITECTURE_AMD64 or ARCHITECTURE_ARM64",
);

const DESCRIPTION_LIMIT_BYTES = 1024;

/** The rules that come first for every kind: about its name and its description. */
export function commonRules(kind: CatalogKind): readonly Rule[] {
  return [
    fieldRule("name", {
      broken: (name) => name === undefined,
      message: "name is required",
      remedy: "Provide a `name` field.",
    }),
    fieldRule("name", {
      broken: (name) => name !== undefined && !(typeof name === "string" && isName(kind, name)),
      message: `name must match ${nameGrammar(kind)}`,
      remedy:
        kind === "secret"
          ? "Use upper-case letters, digits and underscores, starting with a letter."
          : "Use a valid DNS label for the name.",
    }),
    fieldRule("description", {
      broken: (description) =>
        typeof description === "string" && Buffer.byteLength(description) > DESCRIPTION_LIMIT_BYTES,
      message: `description exceeds ${DESCRIPTION_LIMIT_BYTES} byte limit`,
      remedy: `Shorten the \`description\` to ${DESCRIPTION_LIMIT_BYTES} bytes or fewer.`,
    }),
  ];
}

/** For the JSON Schema, which does not know of transformations: the object has exactly one of these fields. */
export function exactlyOne(...fields: readonly string[]) {
  return { oneOf: fields.map((field) => ({ required: [field] })) };
}

/** Whether the map has a key that starts so, in any case. */
export function hasPrefix(map: Readonly<Record<string, string>>, prefix: string): boolean {
  return Object.keys(map).some((key) => key.toLowerCase().startsWith(prefix));
}
