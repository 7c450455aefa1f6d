/** EC2's format of an instance id. Other texts are not sent to EC2. */
const INSTANCE_ID = /^i-(?:[0-9a-f]{8}|[0-9a-f]{17})$/;
const IDS_IN_TEXT = /\bi-[0-9a-f]{8,17}\b/g;

/** How many ids one call takes. */
export const IDS_PER_CALL = 1_000;

/** EC2 does not know the instance: it ended an hour or more ago, never existed, or is too new to be shown. */
export const UNKNOWN_ID_CODES: ReadonlySet<string | null> = new Set([
  "InvalidInstanceID.NotFound",
  "InvalidInstanceID.Malformed",
]);

export function isInstanceId(id: string): boolean {
  return INSTANCE_ID.test(id);
}

/** The ids that a refusal names. Its code says what is wrong, but only its message says which ids are concerned. */
export function idsNamedIn(caught: unknown, ids: readonly string[]): ReadonlySet<string> {
  const words = caught instanceof Error ? caught.message : "";
  const named = new Set(words.match(IDS_IN_TEXT));
  return new Set(ids.filter((id) => named.has(id)));
}

export function chunksOf<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
