import { recordIndex } from "../server/record-index.ts";

interface Attached {
  readonly id: string;
  readonly instanceId: string;
}

/** Index by instance id: an instance has few records, a region many. */
const BY_INSTANCE = recordIndex(
  () => new Map<string, string[]>(),
  (byInstance, { id, instanceId }: Attached) => {
    const known = byInstance.get(instanceId);
    if (known === undefined) byInstance.set(instanceId, [id]);
    else known.push(id);
  },
);

/** The volumes or interfaces of an instance. */
export function attachedTo<T extends Attached>(
  records: ReadonlyMap<string, T>,
  instanceId: string,
): readonly T[] {
  return (BY_INSTANCE.of(records).get(instanceId) ?? []).flatMap((id) => records.get(id) ?? []);
}

/** Must be called after records were removed. */
export function invalidateAttached(records: ReadonlyMap<string, Attached>): void {
  BY_INSTANCE.invalidate(records);
}
