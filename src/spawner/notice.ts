import type { SpawnEvent } from "../ledger/spawn-record.ts";

/** Something that a person or program waiting for a spawn wants to hear, as it happens. */
export type SpawnNotice =
  | { readonly kind: "event"; readonly event: Omit<SpawnEvent, "sequence"> }
  /** What an engine or cloud says on the way, such as a pull's progress; not recorded. */
  | { readonly kind: "progress"; readonly spawnId: string; readonly message: string }
  /** It waits for its turn at the provider: for what, and about how long. */
  | {
      readonly kind: "waiting";
      readonly spawnId: string;
      readonly message: string;
      readonly milliseconds: number;
    };

/** Tells whoever waits for a spawn that it waits for its turn. */
export function reportWait(
  {
    spawnId,
    onEvent,
  }: { readonly spawnId: string; readonly onEvent: (notice: SpawnNotice) => void },
  milliseconds: number,
  message: string,
): void {
  onEvent({ kind: "waiting", spawnId, milliseconds, message });
}
