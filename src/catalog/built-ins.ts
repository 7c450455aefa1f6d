/** Records that ship with Slipway. Every tenant can read them, and they cannot be changed. */
import { deepFreeze } from "../plan/plan.ts";
import type { CatalogKind, CatalogKinds, CatalogRecord, RecordMetadata } from "./kinds.ts";

type BuiltIns = { readonly [K in CatalogKind]: readonly CatalogKinds[K][] };

/** Sorted by name. */
const BUILT_INS: BuiltIns = deepFreeze({
  image: [],
  workspace: [],
  placement: [],
  environment: [],
  "machine-type": [],
  "disk-type": [
    {
      name: "slipway-gp3",
      description: "EBS general purpose SSD",
      spec: { aws: { volumeType: "gp3" } },
    },
    {
      name: "slipway-hyperdisk-balanced",
      description: "Balanced Hyperdisk, which newer machine series need",
      spec: { gce: { diskType: "hyperdisk-balanced" } },
    },
    {
      name: "slipway-pd-balanced",
      description: "Balanced persistent disk",
      spec: { gce: { diskType: "pd-balanced" } },
    },
    {
      name: "slipway-pd-ssd",
      description: "SSD persistent disk",
      spec: { gce: { diskType: "pd-ssd" } },
    },
  ],
  secret: [],
});

/** The metadata of every built-in record. It never changes. */
export const BUILT_IN_METADATA: RecordMetadata = Object.freeze({
  generation: 1,
  createdAt: "2026-01-01T00:00:00.000Z",
  updatedAt: "2026-01-01T00:00:00.000Z",
  updatedBy: "slipway",
});

/** A kind's built-in records, sorted by name. */
export function builtInRecords<K extends CatalogKind>(kind: K): readonly CatalogRecord<K>[] {
  const fields: readonly CatalogKinds[K][] = BUILT_INS[kind];
  return fields.map((own) => {
    const record: CatalogRecord<K> = { ...own, ...BUILT_IN_METADATA };
    Object.freeze(record);
    return record;
  });
}

/** The fields of a built-in record, without its metadata. */
export function builtInFields<K extends CatalogKind>(
  kind: K,
  name: string,
): CatalogKinds[K] | null {
  const fields: readonly CatalogKinds[K][] = BUILT_INS[kind];
  return fields.find((own) => own.name === name) ?? null;
}

export function isBuiltIn(kind: CatalogKind, name: string): boolean {
  return BUILT_INS[kind].some((own) => own.name === name);
}
