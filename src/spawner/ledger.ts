import type { JsonObject, SlipwayError } from "../errors.ts";
import type { LaunchPlan } from "../plan.ts";
import type {
  Spawn,
  SpawnDescription,
  SpawnEvent,
  SpawnMachine,
  SpawnState,
} from "./spawn-record.ts";

/** A spawn that is about to be promised, with the launch that will keep the promise. */
export interface NewSpawn {
  readonly tenant: string;
  readonly spawnId: string;
  readonly plan: LaunchPlan;
  readonly launch: NewLaunch;
  readonly at: string;
}

/** One adapter call to come: its token, its place, its ordered members. */
export interface NewLaunch {
  readonly token: string;
  readonly place: string;
}

/** What a spawn needs to be driven on: its record, its plan and its latest launch. */
export interface DrivenSpawn {
  readonly spawn: Spawn;
  readonly plan: LaunchPlan;
  readonly launch: NewLaunch;
}

export interface SpawnKey {
  readonly tenant: string;
  readonly spawnId: string;
}

/** A step of a spawn. Refused (null) unless the spawn is in a state from which `to` may follow. */
export interface Transition extends SpawnKey {
  readonly to: SpawnState;
  readonly message: string;
  readonly at: string;
  readonly machine?: SpawnMachine;
  readonly error?: JsonObject;
  /** The answer to the launch with this token, recorded with the step. */
  readonly attempt?: {
    readonly token: string;
    readonly outcome: "accepted" | "rejected" | "unknown";
    readonly reason: string | null;
  };
}

export interface SpawnFilter {
  readonly workspace?: string;
  readonly state?: SpawnState;
}

/**
 * The durable record of spawns, launches and events. Asynchronous; one method is one transaction. What a method has
 * resolved for has reached the disk.
 */
export interface Ledger {
  /** This ledger's own id, written on every machine as its owner. */
  owner(): Promise<string>;
  find(key: SpawnKey): Promise<DrivenSpawn | null>;
  /**
   * Records the intent: the spawn in state `launching` with its first launch. Where the id is taken already, nothing
   * is written and the existing spawn is returned.
   */
  begin(spawn: NewSpawn): Promise<{ readonly created: boolean; readonly driven: DrivenSpawn }>;
  /** Takes a step, with its event; null where the spawn's state does not allow it. */
  transition(step: Transition): Promise<Spawn | null>;
  describe(key: SpawnKey): Promise<SpawnDescription | null>;
  /** Newest first. */
  list(tenant: string, filter: SpawnFilter): Promise<readonly Spawn[]>;
  /** Events of the tenant after a sequence number, oldest first; of these spawns only, where any is named. */
  events(
    tenant: string,
    after: number,
    spawnIds: readonly string[],
  ): Promise<readonly SpawnEvent[]>;
  /** How many of the tenant's spawns (of these only, where any is named) have not settled. */
  countUnsettled(tenant: string, spawnIds: readonly string[]): Promise<number>;
  close(): Promise<void>;
}

const FOLLOWS: Readonly<Record<SpawnState, readonly SpawnState[]>> = {
  pending: [],
  launching: ["pending", "launching"],
  booting: ["launching", "booting"],
  running: ["launching", "booting", "running"],
  terminating: ["pending", "launching", "booting", "running", "terminating"],
  terminated: ["terminating"],
  failed: ["pending", "launching", "booting", "terminating"],
};

/** States from which a spawn may go to this one. A finished spawn goes nowhere. */
export function statesBefore(state: SpawnState): readonly SpawnState[] {
  return FOLLOWS[state];
}

/** The attempt of an answer that was an error. */
export function failedAttempt(token: string, outcome: "rejected" | "unknown", error: SlipwayError) {
  return { token, outcome, reason: error.reason };
}
