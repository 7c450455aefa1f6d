/** The rules that come first for every kind: its name and its description. */
import type { CatalogKind } from "./kinds.ts";
import { isName, nameGrammar } from "./names.ts";
import { fieldRule } from "./violation.ts";
import type { Rule } from "./violation.ts";

const DESCRIPTION_LIMIT_BYTES = 1024;

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
