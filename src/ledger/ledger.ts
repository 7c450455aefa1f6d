import type { JsonObject } from "../errors.ts";
import type { LaunchPlan, PlacementTarget } from "../plan/plan.ts";
import type { RateStore, Spending, Spent } from "../pacing/contract.ts";
import type {
  Spawn,
  SpawnDescription,
  SpawnEvent,
  SpawnMachine,
  SpawnState,
} from "./spawn-record.ts";

export interface SpawnKey {
  readonly tenant: string;
  readonly spawnId: string;
}

/**
 * A spawn's part in one adapter call: its place, the call's token, and which of its members the spawn is. It is durable
 * before the provider hears of it, together with that of every other member.
 */
export interface NewLaunch {
  /** Of the place, among the plan's candidates. */
  readonly candidate: number;
  readonly place: string;
  readonly token: string;
  /** From 0. */
  readonly member: number;
}

/** Where a spawn goes next; which launch takes it there, the launch queue decides. */
export type PlannedLaunch = Pick<NewLaunch, "candidate" | "place">;

/** A launch as it stands. */
export interface LaunchRecord extends NewLaunch {
  /** From 1. */
  readonly attempt: number;
  /** RFC 3339. */
  readonly at: string;
  /** Null: nobody has asked yet, or whoever asked has not told; `unknown`: the answer was lost. */
  readonly outcome: "accepted" | "rejected" | "unknown" | null;
  readonly reason: string | null;
}

/** Who drives a spawn, and until when nobody else may. */
export interface Lease {
  /** Null: nobody. */
  readonly worker: string | null;
  /** Milliseconds since the epoch. */
  readonly until: number;
  /** Rises with every change of hands; a step with an older one is refused. */
  readonly fence: number;
}

/** A spawn as it stands: what changes of it. */
export interface SpawnRecord {
  readonly spawn: Spawn;
  /** Oldest first; at least one. */
  readonly launches: readonly LaunchRecord[];
  readonly lease: Lease;
}

/** What a spawn needs to be driven on. */
export interface DrivenSpawn extends SpawnRecord {
  readonly plan: LaunchPlan;
}

/** A spawn that is about to be promised, with the launch that will keep the promise. */
export interface NewSpawn extends SpawnKey {
  readonly plan: LaunchPlan;
  readonly launch: NewLaunch;
  readonly worker: string;
  readonly leaseUntil: number;
  readonly at: string;
}

/** A step of a spawn and all that is recorded with it, in one transaction. */
export interface Step extends SpawnKey {
  /** The record as its driver knows it: with another fence or state by now, the step is refused. */
  readonly before: SpawnRecord;
  readonly to: SpawnState;
  readonly message: string;
  readonly at: string;
  /** Null takes away the one recorded. */
  readonly machine?: SpawnMachine | null;
  /** Null takes away the one recorded. */
  readonly error?: JsonObject | null;
  /** What became of the latest launch. */
  readonly answer?: Pick<LaunchRecord, "outcome" | "reason">;
  /** The intent of the next launch; the latest one must be settled by then. */
  readonly launch?: NewLaunch;
  /** A place that was found full, until when (milliseconds since the epoch). */
  readonly full?: { readonly offering: string; readonly until: number };
  /** When the driver's lease ends, or `release` where it drives no further. */
  readonly lease: number | "release";
}

/** Takes a spawn that nobody drives, or whose driver is gone: the caller has looked at the lease with this fence. */
export interface Claim extends SpawnKey {
  readonly fence: number;
  readonly worker: string;
  readonly until: number;
}

export interface SpawnFilter {
  readonly workspace?: string;
  readonly state?: SpawnState;
}

/** A machine that carries our tag, as a sweep has found it. */
export interface FoundMachine {
  readonly id: string;
  readonly place: string;
  readonly launchId: string;
  /** Which member of its launch it is, by either, where the machine tells. */
  readonly spawnId: string | null;
  readonly launchIndex: number | null;
}

/** What came of beginning spawns. */
export type Begun =
  /** All of them; with the time of what was asked for, where that was. */
  | {
      readonly created: true;
      readonly driven: readonly DrivenSpawn[];
      readonly admittedAt?: number;
    }
  /** None because of those that were there already (null: was not). */
  | { readonly created: false; readonly existing: readonly (DrivenSpawn | null)[] }
  /** None because it is not the launch's turn yet. */
  | { readonly created: false; readonly existing: null };

/**
 * What the ledger says of a machine: `claimed` by the spawn that has it on record or whose launch is not settled;
 * `orphan` of a launch that has ended; `foreign` where this ledger never issued its launch.
 */
export type ClaimVerdict = "claimed" | "orphan" | "foreign";

export interface Suspect {
  readonly id: string;
  readonly place: string;
  /** When a sweep first found it, milliseconds since the epoch. */
  readonly since: number;
}

/**
 * The durable record of spawns, launches and events. One method is one transaction. When a method resolves, its changes
 * are on disk and every other process sees them, with two exceptions that a power cut may undo: the acceptance of a
 * launch (`mayBeLost` in `ledger-steps.ts`) and what `RateStore` keeps. A power cut undoes the latest of these first,
 * and none that was followed by a change on disk.
 */
export interface Ledger extends RateStore {
  /** This ledger's own id, written on every machine as its owner. */
  owner(): Promise<string>;
  find(key: SpawnKey): Promise<DrivenSpawn | null>;
  /**
   * Records the intent of one launch: its spawns in state `launching`, leased to their driver, all or none. Where an id
   * is taken already, nothing is written and the existing spawns are returned. What the launch spends of the provider's
   * rates is held for it up to then, and spent from then on; or it is asked for within the transaction, as `spend` has
   * it, and where it is not granted nothing is written.
   */
  begin(spawns: readonly NewSpawn[], spending: Spending | null): Promise<Begun>;
  /**
   * Takes steps of different spawns, each with its event, all or none; null where a lease was lost, or where there is
   * no spawn whose state allows its step. With a launch among them, what that spends, as `begin` has it.
   */
  take(steps: readonly Step[], spent: Spent | null): Promise<readonly SpawnRecord[] | null>;
  /** Spawn ids of a launch's members in their order. */
  members(token: string): Promise<readonly string[]>;
  /**
   * Gives the spawn to a driver, with a higher fence; null where the fence has risen meanwhile. A launch without an
   * outcome becomes `unknown`: whoever made it may have asked the provider.
   */
  claim(claim: Claim): Promise<SpawnRecord | null>;
  /** Lengthens every lease of a driver. */
  renew(worker: string, until: number): Promise<void>;
  /** Gives a spawn back that is driven no further, where the fence still holds. */
  release(key: SpawnKey, fence: number): Promise<void>;
  /** Every spawn of the tenant that has not settled, oldest first. */
  unfinished(tenant: string): Promise<readonly (SpawnKey & { readonly lease: Lease })[]>;
  /** Which of these offerings are known to be full at that time. */
  fullOfferings(offerings: readonly string[], now: number): Promise<ReadonlySet<string>>;
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
  /** Every target that a launch of any tenant went to, each once, in an order of their own. */
  targets(): Promise<readonly PlacementTarget[]>;
  /** What the ledger says of each machine, in their order, whatever the tenant. */
  judge(machines: readonly FoundMachine[]): Promise<readonly ClaimVerdict[]>;
  /**
   * Replaces the suspects of a scope by these machines, each with the time at which it was first found; gives them
   * back with that time. What is listed no more, or claimed by now, is no suspect any longer.
   */
  suspect(
    scope: string,
    machines: readonly FoundMachine[],
    now: number,
  ): Promise<readonly Suspect[]>;
  /** The suspects of a scope as they are. */
  suspects(scope: string): Promise<readonly Suspect[]>;
  close(): Promise<void>;
}
