import type { SpawnEvent } from "./state-machine.ts";

/** The lease was lost: another worker drives the spawn now, or has finished it. */
export class LeaseLost extends Error {
  override readonly name = "LeaseLost";
  /** The event that could not be recorded. Its machine may not be on record. */
  readonly event: SpawnEvent;
  constructor(event: SpawnEvent) {
    super("the lease was lost");
    this.event = event;
  }
}
