/**
 * Who drives spawns here. Injected, because only a process knows of its own host which processes are gone.
 */
export interface ProcessIdentity {
  /** Differs from that of every other process, on every host, for ever. */
  readonly id: string;
  /** True where this driver was a process of this host that has ended; false where that cannot be known. */
  isGone(worker: string): boolean;
}
