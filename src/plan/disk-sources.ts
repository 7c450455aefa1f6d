import type { PlanDraft } from "./plan.ts";

/** The records and fields that a draft's disks come from. */
export interface DiskSources {
  /** Of the root disk's options; null if no record sets any. */
  readonly root: string | null;
  /** By the position of the data disks. */
  readonly data: readonly string[];
}

export function diskSourcesOf({
  shape: { dataDisks = [] },
  sources,
}: Pick<PlanDraft, "shape" | "sources">): DiskSources {
  const root = [sources["/shape/disk"], sources["/shape/keep_disk"]].filter(
    (source) => source !== undefined,
  );
  return {
    root: root.length === 0 ? null : root.join("; "),
    data: dataDisks.map((_disk, index) => sources[`/shape/data_disks/${index}`] ?? ""),
  };
}
