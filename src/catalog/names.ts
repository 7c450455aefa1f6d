/** The grammar of names. */
import type { CatalogKind } from "./kinds.ts";

/** Names with this prefix are reserved for the records that ship with Slipway. */
const RESERVED_PREFIX = "slipway-";

const DNS_LABEL = /^[a-z][a-z0-9-]{0,62}$/;
const SECRET_NAME = /^[A-Z][A-Z0-9_]*$/;
/** A tenant's name must also be a valid label value on every substrate. */
const TENANT = /^[a-z0-9][a-z0-9_-]{0,62}$/;

/** The grammar of a kind's names, as error messages quote it. */
export function nameGrammar(kind: CatalogKind): string {
  return kind === "secret" ? "[A-Z][A-Z0-9_]*" : "[a-z][a-z0-9-]{0,62}";
}

export function isName(kind: CatalogKind, name: string): boolean {
  return (kind === "secret" ? SECRET_NAME : DNS_LABEL).test(name);
}

/** True for a name that only built-in records may have. */
export function isReserved(name: string): boolean {
  return name.startsWith(RESERVED_PREFIX);
}

export function isTenant(name: string): boolean {
  return TENANT.test(name);
}
