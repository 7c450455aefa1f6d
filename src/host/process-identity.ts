/**
 * The identity of a process that drives spawns. It is injected, because only a process of the same host can know which
 * others are gone.
 */
export interface ProcessIdentity {
  /** Unique among all processes, on all hosts, forever. */
  readonly id: string;
  /** Whether that worker was a process of this host that has ended; false if this cannot be known. */
  isGone(worker: string): boolean;
}
