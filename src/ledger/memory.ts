import type { LaunchPlan } from "../plan/plan.ts";
import type { RateState } from "../pacing/admission.ts";
import type { SpawnKey, SpawnRecord, Suspect } from "./ledger.ts";
import type { SpawnEvent } from "./spawn-record.ts";

/** The content of a ledger in memory. */

/** A spawn's record with its plan, which never changes. */
export interface Entry {
  record: SpawnRecord;
  readonly plan: LaunchPlan;
  /** Rises with each spawn. */
  readonly number: number;
}

export interface Memory {
  readonly entries: Map<string, Entry>;
  events: (SpawnEvent & { readonly tenant: string })[];
  /** By launch id. */
  readonly launched: Map<string, Entry[]>;
  /** The entries that have a worker. */
  readonly driven: Set<Entry>;
  /** Offerings without room: until when, in milliseconds since the epoch. */
  readonly full: Map<string, number>;
  /** The first plan of each target. */
  readonly targets: Map<string, LaunchPlan>;
  readonly suspects: Map<string, ScopedSuspect>;
  readonly rates: Map<string, RateState>;
  /** The ids of launches of pruned spawns. */
  readonly pruned: Set<string>;
  /** The highest numbers that were in use. */
  readonly last: { event: number; spawn: number; prunedFence: number };
}

interface ScopedSuspect extends Suspect {
  readonly scope: string;
}

export function emptyMemory(): Memory {
  return {
    entries: new Map(),
    events: [],
    launched: new Map(),
    driven: new Set(),
    full: new Map(),
    targets: new Map(),
    suspects: new Map(),
    rates: new Map(),
    pruned: new Set(),
    last: { event: 0, spawn: 0, prunedFence: 0 },
  };
}

export function keyName({ tenant, spawnId }: SpawnKey): string {
  return JSON.stringify([tenant, spawnId]);
}
