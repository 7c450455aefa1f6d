import type { CatalogKind, CatalogKinds, CatalogRecord } from "../../src/catalog/kinds.ts";
import type { LinkedRecords } from "../../src/catalog/store/store.ts";

export type RecordFields = { readonly [K in CatalogKind]?: readonly CatalogKinds[K][] };

const TIME = "2026-11-22T04:00:00.000Z";

/** These records, each with generation 1. */
export function linkedRecords(fields: RecordFields): LinkedRecords {
  return {
    find<K extends CatalogKind>(kind: K, name: string): CatalogRecord<K> | null {
      const found: CatalogKinds[K] | undefined = fields[kind]?.find((each) => each.name === name);
      if (found === undefined) return null;
      const metadata = { generation: 1, createdAt: TIME, updatedAt: TIME, updatedBy: "test" };
      return { ...found, ...metadata };
    },
  };
}
