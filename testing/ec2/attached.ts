import { recordIndex } from "../server/record-index.ts";

interface Attached {
  readonly id: string;
  readonly instanceId: string;
}

/** Ids by instance: an instance has few records, a region many. */
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

/** To be called where some were taken away. */
export function forgetAttached(records: ReadonlyMap<string, Attached>): void {
  BY_INSTANCE.forget(records);
}
