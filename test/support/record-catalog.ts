import type { Catalog } from "../../src/catalog/catalog.ts";
import type { CatalogKind, CatalogKinds, CatalogRecord } from "../../src/catalog/kinds.ts";
import { SlipwayError } from "../../src/errors.ts";

type Fields = { readonly [K in CatalogKind]?: readonly CatalogKinds[K][] };

/** A catalog to read from, made of these records, each at generation 1. */
export function recordCatalog(fields: Fields): Pick<Catalog, "get"> {
  return {
    get<K extends CatalogKind>(kind: K, name: string): Promise<CatalogRecord<K>> {
      const found: CatalogKinds[K] | undefined = fields[kind]?.find(
        (record) => record.name === name,
      );
      if (found === undefined)
        return Promise.reject(
          new SlipwayError({
            code: "NOT_FOUND",
            reason: "RECORD_NOT_FOUND",
            message: `${kind} ${name} does not exist`,
          }),
        );
      const time = "2026-11-22T04:00:00.000Z";
      return Promise.resolve({
        ...found,
        generation: 1,
        createdAt: time,
        updatedAt: time,
        updatedBy: "test",
      });
    },
  };
}
