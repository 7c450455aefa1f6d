import type { Machine } from "../../../src/substrate/contract.ts";

/**
 * Machines that this process launched or terminated in the last few minutes. EC2 is eventually consistent: for a while it
 * may not show a new machine, or may show a terminated one as running. During that time this record is more accurate.
 */
export interface RecentMachines {
  launched(machines: readonly Machine[]): void;
  terminated(ids: readonly string[]): void;
  /** The machine as its launch returned it, or `terminated`. Null if there is no entry (any more). */
  find(id: string): Machine | "terminated" | null;
  /** The owner's machines that this process launched recently and did not terminate. */
  ofOwner(owner: string): readonly Machine[];
}

/**
 * For how long EC2 may not show a launch or a termination, in milliseconds. "Eventual consistency in the Amazon EC2 API"
 * asks callers to retry for up to five minutes. EC2 shows a terminated machine for about an hour.
 */
export const LAG_MILLISECONDS = 5 * 60_000;

interface Entry {
  readonly machine: Machine | "terminated";
  readonly until: number;
}

/** @param now Milliseconds since the epoch. */
export function createRecentMachines(now: () => number): RecentMachines {
  const entries = new Map<string, Entry>();
  const keep = (id: string, machine: Entry["machine"]): void => {
    entries.delete(id);
    entries.set(id, { machine, until: now() + LAG_MILLISECONDS });
  };
  /** Entries are in the order of their expiry. */
  const dropExpired = (): void => {
    for (const [id, { until }] of entries) {
      if (until > now()) return;
      entries.delete(id);
    }
  };
  return {
    launched(machines) {
      dropExpired();
      for (const machine of machines) if (machine.state !== "ended") keep(machine.id, machine);
    },
    terminated(ids) {
      dropExpired();
      for (const id of ids) keep(id, "terminated");
    },
    find(id) {
      dropExpired();
      return entries.get(id)?.machine ?? null;
    },
    ofOwner(owner) {
      dropExpired();
      return [...entries.values()].flatMap(({ machine }) =>
        machine !== "terminated" && machine.ownership?.owner === owner ? [machine] : [],
      );
    },
  };
}
