import type { Machine } from "../../../src/substrate/contract.ts";

/**
 * What this process launched and terminated a moment ago. EC2 shows a machine everywhere only some time after it was
 * launched, and as running for some time after it was terminated: until then this knows better.
 */
export interface RecentMachines {
  launched(machines: readonly Machine[]): void;
  terminated(ids: readonly string[]): void;
  /** The machine as its launch said, `terminated`, or null for one of which nothing is known (any more). */
  find(id: string): Machine | "terminated" | null;
  /** The owner's that were launched a moment ago and not terminated here. */
  ofOwner(owner: string): readonly Machine[];
}

/**
 * For how long EC2 may not show what was launched or terminated. "Eventual consistency in the Amazon EC2 API" asks to
 * look again for up to five minutes; an hour long it shows a terminated machine.
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
  /** The oldest come first. */
  const forget = (): void => {
    for (const [id, { until }] of entries) {
      if (until > now()) return;
      entries.delete(id);
    }
  };
  return {
    launched(machines) {
      forget();
      for (const machine of machines) if (machine.state !== "ended") keep(machine.id, machine);
    },
    terminated(ids) {
      forget();
      for (const id of ids) keep(id, "terminated");
    },
    find(id) {
      forget();
      return entries.get(id)?.machine ?? null;
    },
    ofOwner(owner) {
      forget();
      return [...entries.values()].flatMap(({ machine }) =>
        machine !== "terminated" && machine.ownership?.owner === owner ? [machine] : [],
      );
    },
  };
}
