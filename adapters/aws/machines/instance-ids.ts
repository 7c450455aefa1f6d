/** How EC2 writes an instance's id. Anything else can be none's, and is not asked for. */
const INSTANCE_ID = /^i-(?:[0-9a-f]{8}|[0-9a-f]{17})$/;
const IDS_IN_WORDS = /\bi-[0-9a-f]{8,17}\b/g;

/** Ids that one call takes. */
export const IDS_A_CALL = 1_000;

/** EC2 knows no such instance: it is gone for an hour or more, was never there, or is so new that it is not shown yet. */
export const UNKNOWN_ID: ReadonlySet<string | null> = new Set([
  "InvalidInstanceID.NotFound",
  "InvalidInstanceID.Malformed",
]);

export function isInstanceId(id: string): boolean {
  return INSTANCE_ID.test(id);
}

/** Those of the ids that a refusal names. Its code says what is wrong; with which of them only its words do. */
export function idsNamedIn(caught: unknown, ids: readonly string[]): ReadonlySet<string> {
  const words = caught instanceof Error ? caught.message : "";
  const named = new Set(words.match(IDS_IN_WORDS));
  return new Set(ids.filter((id) => named.has(id)));
}

export function chunksOf<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
