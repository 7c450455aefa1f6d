/** Records that come with Slipway: every tenant reads them, nobody writes them. */
import { deepFreeze } from "../plan.ts";
import type { CatalogKind, CatalogRecord, DiskTypeSpec } from "./kinds.ts";

type BuiltIns = { readonly [K in CatalogKind]: readonly CatalogRecord<K>[] };

/** Sorted by name. */
const BUILT_INS: BuiltIns = {
  image: [],
  workspace: [],
  placement: [],
  environment: [],
  "machine-type": [],
  "disk-type": [
    diskType("slipway-gp3", "EBS general purpose SSD", { aws: { volumeType: "gp3" } }),
    diskType("slipway-pd-balanced", "Balanced persistent disk", {
      gce: { diskType: "pd-balanced" },
    }),
    diskType("slipway-pd-ssd", "SSD persistent disk", { gce: { diskType: "pd-ssd" } }),
  ],
  secret: [],
};

/** Sorted by name. */
export function builtInRecords<K extends CatalogKind>(kind: K): readonly CatalogRecord<K>[] {
  return BUILT_INS[kind];
}

export function findBuiltIn<K extends CatalogKind>(kind: K, name: string): CatalogRecord<K> | null {
  return builtInRecords(kind).find((record) => record.name === name) ?? null;
}

function diskType(
  name: string,
  description: string,
  spec: DiskTypeSpec,
): CatalogRecord<"disk-type"> {
  const at = "2026-01-01T00:00:00.000Z";
  return deepFreeze({
    name,
    description,
    spec,
    generation: 1,
    createdAt: at,
    updatedAt: at,
    updatedBy: "slipway",
  });
}
