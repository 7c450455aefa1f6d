/** Tables on which writes are staged: later reads see them, and the tables themselves change only at the end. */
import type { SealedValue } from "../../secrets/sealed-value.ts";
import type {
  CatalogReading,
  CatalogWriting,
  RecordId,
  RecordKey,
  RecordTables,
  StoredRecord,
} from "../tables.ts";

interface StagedRecord {
  readonly id: RecordId;
  readonly record: StoredRecord;
  readonly references: readonly RecordKey[];
}

export interface StagedTables extends RecordTables {
  /** Makes the staged writes on the tables, in their order. */
  writeTo(tables: CatalogWriting): void;
}

export function stageTables(tables: CatalogReading): StagedTables {
  const records = new Map<string, StagedRecord>();
  const values: { readonly tenant: string; readonly name: string; readonly sealed: SealedValue }[] =
    [];
  const staged = (id: RecordId): StagedRecord | undefined => records.get(keyOf(id));
  return {
    find: (id) => staged(id)?.record ?? tables.find(id),
    has: (id) => staged(id) !== undefined || tables.has(id),
    page: ({ tenant, kind, after, limit }) =>
      [
        ...tables.page({ tenant, kind, after, limit }),
        ...[...records.values()]
          .filter(({ id }) => id.tenant === tenant && id.kind === kind && id.name > after)
          .map(({ record }) => record),
      ]
        .toSorted((left, right) => (left.name < right.name ? -1 : 1))
        .filter(({ name }, index, all) => name !== all[index - 1]?.name)
        .slice(0, limit),
    lastGeneration: (id) => staged(id)?.record.generation ?? tables.lastGeneration(id),
    put: (id, record, references) => void records.set(keyOf(id), { id, record, references }),
    putSealed: (tenant, name, sealed) => void values.push({ tenant, name, sealed }),
    writeTo(writing) {
      for (const { id, record, references } of records.values())
        writing.put(id, record, references);
      for (const { tenant, name, sealed } of values) writing.putSealed(tenant, name, sealed);
    },
  };
}

function keyOf({ tenant, kind, name }: RecordId): string {
  return JSON.stringify([tenant, kind, name]);
}
