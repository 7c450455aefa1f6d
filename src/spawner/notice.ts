import type { SpawnEvent } from "../ledger/spawn-record.ts";

/** A report to the caller that waits for a spawn. */
export type SpawnNotice =
  | { readonly kind: "event"; readonly event: Omit<SpawnEvent, "sequence"> }
  /** A report of an engine or cloud in between, such as the progress of a pull; not recorded. */
  | { readonly kind: "progress"; readonly spawnId: string; readonly message: string }
  /** A call failed for the reason in the message, and is repeated after a pause. */
  | { readonly kind: "retrying"; readonly spawnId: string; readonly message: string }
  /** The spawn waits for its turn at the provider: for which limit, and for how long approximately. */
  | {
      readonly kind: "waiting";
      readonly spawnId: string;
      readonly message: string;
      readonly milliseconds: number;
    };

/** Reports to the caller that its spawn waits for its turn. */
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
