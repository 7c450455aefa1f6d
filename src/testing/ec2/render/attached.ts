interface Index {
  readonly size: number;
  readonly byInstance: ReadonlyMap<string, readonly string[]>;
}

/** Which records belong to which instance; found anew when a map has grown. */
const INDEXES = new WeakMap<object, Index>();

/** The volumes or interfaces of an instance. An instance has few of them, a region many: hence the index. */
export function attachedTo<T extends { readonly id: string; readonly instanceId: string }>(
  records: ReadonlyMap<string, T>,
  instanceId: string,
): readonly T[] {
  const known = INDEXES.get(records);
  const index = known?.size === records.size ? known : indexOf(records);
  INDEXES.set(records, index);
  return (index.byInstance.get(instanceId) ?? []).flatMap((id) => records.get(id) ?? []);
}

function indexOf<T extends { readonly id: string; readonly instanceId: string }>(
  records: ReadonlyMap<string, T>,
): Index {
  const groups = Map.groupBy(records.values(), (record) => record.instanceId);
  const byInstance = new Map(
    [...groups].map(([id, members]) => [id, members.map((member) => member.id)]),
  );
  return { size: records.size, byInstance };
}
