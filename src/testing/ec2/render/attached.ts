interface Index {
  /** Records that are in it: the first so many of their map. */
  counted: number;
  readonly byInstance: Map<string, string[]>;
}

/** Which records belong to which instance. */
const INDEXES = new WeakMap<object, Index>();

/** The volumes or interfaces of an instance. An instance has few of them, a region many: hence the index. */
export function attachedTo<T extends { readonly id: string; readonly instanceId: string }>(
  records: ReadonlyMap<string, T>,
  instanceId: string,
): readonly T[] {
  const index = INDEXES.get(records) ?? { counted: 0, byInstance: new Map<string, string[]>() };
  INDEXES.set(records, index);
  if (index.counted < records.size) count(index, records);
  return (index.byInstance.get(instanceId) ?? []).flatMap((id) => records.get(id) ?? []);
}

/** To be called where records were taken away: a map grows at its end, but shrinks anywhere. */
export function forgetAttached(records: object): void {
  INDEXES.delete(records);
}

function count(
  index: Index,
  records: ReadonlyMap<string, { readonly id: string; readonly instanceId: string }>,
): void {
  for (const { id, instanceId } of records.values().drop(index.counted)) {
    const known = index.byInstance.get(instanceId);
    if (known === undefined) index.byInstance.set(instanceId, [id]);
    else known.push(id);
  }
  index.counted = records.size;
}
