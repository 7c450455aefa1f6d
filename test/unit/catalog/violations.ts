import type { CatalogKind } from "../../../src/catalog/kinds.ts";
import { parseBody } from "../../../src/catalog/parse.ts";
import type { SlipwayError } from "../../../src/errors.ts";
import { isSlipwayError } from "../../../src/errors.ts";

/** The error that an invalid body causes. */
export function refusal(kind: CatalogKind, body: unknown, name?: string): SlipwayError {
  try {
    parseBody(kind, body, name);
  } catch (caught) {
    if (isSlipwayError(caught)) return caught;
    throw caught;
  }
  throw new Error(`the ${kind} was accepted`);
}

/** All violations of a body, in order. */
export function violations(kind: CatalogKind, body: unknown): unknown {
  return refusal(kind, body).metadata["violations"];
}
