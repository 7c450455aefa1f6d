import type { BlastRadius } from "../errors.ts";
import type { SpawnError } from "../plan/spawn-error.ts";
import type { Candidate, LaunchPlan, PlacementTarget } from "../plan/plan.ts";
import type { RateStore, Spending, Spent } from "../pacing/contract.ts";
import type { SpawnInput, SpawnMember } from "../substrate/contract.ts";
import type { PruneBatch, PrunedBatch } from "./pruning.ts";
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
 * A spawn's part in one launch call: its place, the call's token, and which member of the call it is. It is durable
 * before the call is made, together with those of all other members.
 */
export interface NewLaunch {
  /** Index of the place among the plan's candidates. */
  readonly candidate: number;
  readonly place: string;
  /** The provider's name. Null in records of older versions. */
  readonly machineType: string | null;
  readonly token: string;
  /** 0-based. */
  readonly member: number;
}

/** The next place of a spawn. The launch queue decides which launch it goes with. */
export interface PlannedLaunch extends Pick<NewLaunch, "candidate" | "place"> {
  /** For messages: two candidates of one place may differ only in their market or machine type. */
  readonly market?: NonNullable<Candidate["market"]>;
  readonly machineType?: string;
}

/** The stored record of a launch. */
export interface LaunchRecord extends NewLaunch {
  /** 1-based. */
  readonly attempt: number;
  /** RFC 3339. */
  readonly at: string;
  /** Null: the call has not been made, or its result is not recorded. `unknown`: the answer was lost. */
  readonly outcome: "accepted" | "rejected" | "unknown" | null;
  readonly reason: string | null;
  /** The scope of the refusal; null without one. */
  readonly blastRadius: BlastRadius | null;
}

/** The right of one worker (a process) to drive a spawn, until it expires. */
export interface Lease {
  /** Null: no process drives the spawn. */
  readonly worker: string | null;
  /** Milliseconds since the epoch. */
  readonly until: number;
  /** Rises whenever another worker takes over. A step with an older fence is refused. */
  readonly fence: number;
}

/** The stored record of a spawn: everything about it that changes. */
export interface SpawnRecord {
  readonly spawn: Spawn;
  /** Oldest first; at least one. */
  readonly launches: readonly LaunchRecord[];
  readonly lease: Lease;
}

/** A record with its plan: everything that a worker needs. */
export interface DrivenSpawn extends SpawnRecord {
  readonly plan: LaunchPlan;
}

/** A new spawn with its first launch. */
export interface NewSpawn extends SpawnKey {
  readonly plan: LaunchPlan;
  /** The caller's additions to the workspace, for this spawn alone. */
  readonly own: SpawnInput;
  readonly launch: NewLaunch;
  readonly worker: string;
  readonly leaseUntil: number;
  readonly at: string;
}

/** A step of a spawn, with everything that is recorded in the same transaction. */
export interface Step extends SpawnKey {
  /** The record as its worker knows it. The step is refused if the fence or the state has changed since. */
  readonly before: SpawnRecord;
  readonly to: SpawnState;
  readonly message: string;
  readonly at: string;
  /** Null removes the recorded machine. */
  readonly machine?: SpawnMachine | null;
  /** Null removes the recorded error. */
  readonly error?: SpawnError | null;
  /** The result of the latest launch. */
  readonly answer?: Pick<LaunchRecord, "outcome" | "reason"> &
    Partial<Pick<LaunchRecord, "blastRadius">>;
  /** The intent of the next launch. The latest one must be settled. */
  readonly launch?: NewLaunch;
  /** Offerings and subnets that were found full, and until when to consider them full, in milliseconds since the epoch. */
  readonly full?: { readonly offerings: readonly string[]; readonly until: number };
  /** When the worker's lease ends, or `release` if it stops driving the spawn. */
  readonly lease: number | "release";
}

/** Claims a spawn without a worker, or whose worker is gone. The caller has read the lease with this fence. */
export interface Claim extends SpawnKey {
  readonly fence: number;
  readonly worker: string;
  readonly until: number;
}

export interface SpawnFilter {
  readonly workspace?: string;
  readonly state?: SpawnState;
  /** Only spawns in one of these states. */
  readonly states?: readonly SpawnState[];
  /** Only spawns that have not ended. */
  readonly live?: boolean;
  /** Only spawns that were created at this time or later; RFC 3339, in UTC. */
  readonly since?: string;
  /** Only spawns that have all of these labels. */
  readonly labels?: Readonly<Record<string, string>>;
  /** At most this many, the newest. */
  readonly limit?: number;
}

/** A list of spawns, and the moment of which it is. */
export interface SpawnSnapshot {
  readonly spawns: readonly Spawn[];
  readonly sequence: number;
}

/** The kind of a resource that a sweep finds: a machine, or something that it left behind. */
export type ResourceKind = "machine" | "volume" | "network-interface";

/** A resource with this ledger's tag, as a sweep has found it. */
export interface FoundResource {
  readonly id: string;
  readonly kind: ResourceKind;
  readonly place: string;
  readonly launchId: string;
  /** The member of its launch that it is, by spawn id or launch index, if it reports either. */
  readonly spawnId: string | null;
  readonly launchIndex: number | null;
}

/** The result of beginning spawns. */
export type Begun =
  /** All were created. `admittedAt` is the time of the granted request, if there was one. */
  | {
      readonly created: true;
      readonly driven: readonly DrivenSpawn[];
      readonly admittedAt?: number;
    }
  /**
   * None was created because some ids exist already (null: does not exist), or, if none does, because a pruned spawn had
   * a launch with this token.
   */
  | { readonly created: false; readonly existing: readonly (DrivenSpawn | null)[] }
  /** None was created because the launch has to wait for its turn. */
  | { readonly created: false; readonly existing: null };

/**
 * The ledger's verdict on a resource. A machine is `claimed` by a spawn that has it on record or whose launch is not
 * settled; what machines left behind by every spawn of the launch that has not ended, because its machine may need it.
 * `orphan`: of a settled launch, or of one whose spawn was pruned; `foreign`: this ledger never issued its launch.
 */
export type ClaimVerdict = "claimed" | "orphan" | "foreign";

export interface Suspect {
  readonly id: string;
  readonly place: string;
  /** When a sweep first found it, in milliseconds since the epoch. */
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
   * Records the intent of one launch: its spawns in state `launching`, leased to their worker, all or none. If an id
   * exists already, nothing is written and the existing spawns are returned. `spending` is a reservation, which counts
   * as spent from then on, or a request that is made in the same transaction; if the request is not granted, nothing is
   * written.
   */
  begin(spawns: readonly NewSpawn[], spending: Spending | null): Promise<Begun>;
  /**
   * Takes steps of different spawns, each with its event, all or none. Null if a lease was lost, or if a spawn does not
   * exist or its state does not allow its step. `spent` is the reservation of a launch among the steps.
   */
  take(steps: readonly Step[], spent: Spent | null): Promise<readonly SpawnRecord[] | null>;
  /** A launch's members, in order. */
  members(token: string): Promise<readonly SpawnMember[]>;
  /**
   * Gives the spawn to another worker and raises its fence; null if the fence has risen in the meantime. A launch
   * without an outcome becomes `unknown`, because the previous worker may have made the call.
   */
  claim(claim: Claim): Promise<SpawnRecord | null>;
  /** Extends all leases of a worker. */
  renew(worker: string, until: number): Promise<void>;
  /** Releases a spawn that its worker stops driving, if the fence is still the same. */
  release(key: SpawnKey, fence: number): Promise<void>;
  /** All spawns of the tenant that have not settled, oldest first. */
  unfinished(tenant: string): Promise<readonly (SpawnKey & { readonly lease: Lease })[]>;
  /** Those of the offerings and subnets that are known to be full at this time. */
  fullOfferings(offerings: readonly string[], now: number): Promise<ReadonlySet<string>>;
  describe(key: SpawnKey): Promise<SpawnDescription | null>;
  /**
   * The tenant's newest spawn that has this machine on record. At least 12 hexadecimal digits stand for every machine
   * whose id begins with them, as engines shorten a container's id.
   */
  findByMachine(tenant: string, machineId: string): Promise<Spawn | null>;
  /** Newest first. */
  list(tenant: string, filter: SpawnFilter): Promise<readonly Spawn[]>;
  /**
   * The same list, with the sequence number of the newest event of any tenant at that moment (0 without one): the events
   * after it are the changes that the list does not have.
   */
  snapshot(tenant: string, filter: SpawnFilter): Promise<SpawnSnapshot>;
  /** The tenant's events after a sequence number, oldest first; only of these spawns, if any are given. */
  events(
    tenant: string,
    after: number,
    spawnIds: readonly string[],
  ): Promise<readonly SpawnEvent[]>;
  /**
   * The sequence number of the newest event of any tenant that is older than this time (RFC 3339, UTC), or of the newest
   * one for null; 0 without one.
   */
  sequenceBefore(at: string | null): Promise<number>;
  /** The number of the tenant's spawns that have not settled; only of these, if any are given. */
  countUnsettled(tenant: string, spawnIds: readonly string[]): Promise<number>;
  /** The targets of all launches of all tenants, without duplicates and in a stable order. */
  targets(): Promise<readonly PlacementTarget[]>;
  /** The verdict on each resource, in order, across all tenants. */
  judge(resources: readonly FoundResource[]): Promise<readonly ClaimVerdict[]>;
  /**
   * Replaces the suspects of a scope by these resources and returns them, each with the time at which it was first
   * found. A resource that is no longer listed, or is claimed in the meantime, is no longer a suspect.
   */
  suspect(
    scope: string,
    resources: readonly FoundResource[],
    now: number,
  ): Promise<readonly Suspect[]>;
  /** The current suspects of a scope. */
  suspects(scope: string): Promise<readonly Suspect[]>;
  /**
   * Deletes finished spawns of the tenant with their launches, events and labels, and the plans that nothing refers to
   * any more. A spawn stays as long as it shares a launch with one that stays. The ids of the deleted launches are kept,
   * and no event or fence number is used twice.
   */
  prune(batch: PruneBatch): Promise<PrunedBatch>;
  /** Whether a spawn that was pruned had the launch with this token. */
  isPruned(token: string): Promise<boolean>;
  close(): Promise<void>;
}
