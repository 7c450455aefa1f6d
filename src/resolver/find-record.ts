import type { Catalog } from "../catalog/catalog.ts";
import type { CatalogKind, CatalogRecord } from "../catalog/kinds.ts";
import { isSlipwayError } from "../errors.ts";

/** The record, or null where there is none of that name. */
export async function findRecord<K extends CatalogKind>(
  catalog: Pick<Catalog, "get">,
  kind: K,
  name: string,
): Promise<CatalogRecord<K> | null> {
  try {
    return await catalog.get(kind, name);
  } catch (caught) {
    if (isSlipwayError(caught) && caught.reason === "RECORD_NOT_FOUND") return null;
    throw caught;
  }
}
