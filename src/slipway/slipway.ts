import type { Catalog } from "../catalog/catalog.ts";
import type { OciInspection } from "../oci/inspect/inspect-image.ts";
import type { SlipwayError } from "../errors.ts";
import type { LaunchPlan } from "../plan/plan.ts";
import type { SpawnNotice } from "../spawner/notice.ts";
import type { Recovered } from "../spawner/recover.ts";
import type { SweepReport } from "../spawner/sweep.ts";
import type { Spawn, SpawnDescription, SpawnEvent, SpawnState } from "../ledger/spawn-record.ts";

export interface ResolveOptions {
  /** Resolve from the catalog alone; the plan is unpinned and cannot be spawned. Default false. */
  readonly offline?: boolean;
  readonly signal?: AbortSignal;
}

/** What spawns that are asked for together have in common. */
export interface BurstOptions {
  /** Cancels the spawns: what was launched is terminated, and that is recorded. */
  readonly signal?: AbortSignal;
  /** Ends the wait alone: each spawn stays as it is, for whoever spawns its id again or recovers it. */
  readonly detach?: AbortSignal;
  readonly onEvent?: (notice: SpawnNotice) => void;
  /**
   * When the promise resolves: `accepted` once the provider has taken the launch, `running` once the machine runs
   * (default), `watched` once it has also been seen running for as long as its substrate asks.
   */
  readonly wait?: "accepted" | "running" | "watched";
  /** Spawn a saved plan although a record it was made from has changed since. Default false. */
  readonly allowStale?: boolean;
}

export interface SpawnOptions extends BurstOptions {
  /** `[a-z][a-z0-9-]{0,62}`; generated when omitted. The same id always means the same machine. */
  readonly spawnId?: string;
}

/** One of several spawns. */
export interface WantedSpawn {
  /** The workspace, or a plan that was made of it earlier. */
  readonly workspace: string | LaunchPlan;
  /** As of `SpawnOptions`. */
  readonly spawnId?: string;
}

/** What came of one of several spawns: what `spawnWorkspace` would have returned, or the error that it would have thrown. */
export type SpawnResult =
  /** Where the launch was tried and failed, its state is `failed`. */
  | { readonly spawnId: string; readonly spawn: Spawn; readonly error: null }
  /** `spawn` as it is recorded, null where nothing is. */
  | { readonly spawnId: string; readonly spawn: Spawn | null; readonly error: SlipwayError };

/** Which spawns to list; all of the tenant's when both are omitted. */
export interface SpawnFilter {
  readonly workspace?: string;
  readonly state?: SpawnState;
}

export interface RecoverOptions {
  /** Ends the recovery; spawns stay as they are. */
  readonly signal?: AbortSignal;
  readonly onEvent?: (notice: SpawnNotice) => void;
}

export interface SweepOptions {
  /** For how long a machine has been a suspect before it is terminated, in milliseconds. Default 15 minutes. */
  readonly grace?: number;
  /** Only tell what would be done. Default false. */
  readonly dryRun?: boolean;
  readonly signal?: AbortSignal;
}

export interface LogsOptions {
  /** Go on until the machine ends or the signal is aborted. Default false. */
  readonly follow?: boolean;
  /** Last lines to begin with; all when omitted. */
  readonly tail?: number;
  readonly signal?: AbortSignal;
}

export interface InspectOptions {
  /** `os/architecture[/variant]`; default `linux/amd64`. */
  readonly platform?: string;
  /** Name of the tenant's secret to ask with; else Docker's configuration, else nobody. */
  readonly secret?: string;
  /** Fetch every layer and check its digest and DiffID. Default false. */
  readonly verifyLayers?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * Slipway for one tenant: the catalog, the dry run and the spawner over one set of ports. Every method rejects with
 * a `SlipwayError` and nothing else.
 */
export interface Slipway extends AsyncDisposable {
  readonly tenant: string;
  readonly catalog: Catalog;

  /**
   * The dry run: decides everything, changes nothing.
   *
   * @throws `NOT_FOUND` for an unknown workspace; `FAILED_PRECONDITION` with all `checks` when any failed (its reason
   * is that of the only one, or `CHECKS_FAILED`), or `UNAVAILABLE` where all that failed is that a peer could not be
   * reached.
   */
  resolveWorkspace(workspace: string, options?: ResolveOptions): Promise<LaunchPlan>;

  /**
   * Makes one machine from a workspace, or from a plan that was resolved (and saved) earlier. Once and only once for
   * one spawn id: a known id goes on with the plan that it recorded, a finished spawn is returned as it is.
   *
   * A spawn that failed is returned with `state: "failed"` and its `error` when the launch was tried; what is wrong
   * before that is thrown.
   */
  spawnWorkspace(workspace: string | LaunchPlan, options?: SpawnOptions): Promise<Spawn>;

  /**
   * Makes many machines at once, of one workspace or several: each is a spawn as `spawnWorkspace` makes it, a workspace
   * that is named many times is resolved once, and what is launched alike is launched together. A name alone stands
   * for a spawn of that workspace with a new id.
   *
   * @returns one result for each, in their order; that one fails does not fail the others
   * @throws `INVALID_ARGUMENT`, before anything has begun, for an id that is none or is given twice, a plan that may not
   * be read, or an unknown option
   */
  spawnWorkspaces(
    wanted: readonly (string | WantedSpawn)[],
    options?: BurstOptions,
  ): Promise<readonly SpawnResult[]>;

  /** Spawns of the tenant, newest first. */
  listSpawns(filter?: SpawnFilter): Promise<readonly Spawn[]>;

  /** @throws `NOT_FOUND` / `SPAWN_NOT_FOUND`. */
  describeSpawn(spawnId: string): Promise<SpawnDescription>;

  /**
   * Looks at the machines of these spawns (all that run or boot when none is named), and records what became of those
   * that nobody drives: one that has booted runs, one that ended by itself is terminated.
   */
  refreshSpawns(
    spawnIds: readonly string[],
    options?: { readonly signal?: AbortSignal },
  ): Promise<void>;

  /**
   * Takes up every unfinished spawn of the tenant, at once where its driver was a process of this host that is gone,
   * and resolves when they have settled. Belongs at the start of a long-lived process.
   */
  recover(options?: RecoverOptions): Promise<readonly Recovered[]>;

  /**
   * Finds machines that carry this ledger's tag and that no live spawn claims, of any tenant: suspects at first,
   * terminated by a later sweep past the grace period.
   *
   * @throws `FAILED_PRECONDITION` / `LEDGER_RESTORED` where a machine's launch was never issued by this ledger
   */
  sweep(options?: SweepOptions): Promise<SweepReport>;

  /** Ends the machine (success when it is already gone) and records it; the record stays. */
  terminateSpawn(spawnId: string, options?: { readonly signal?: AbortSignal }): Promise<Spawn>;

  /** What the machine printed, in pieces as they come. */
  logs(spawnId: string, options?: LogsOptions): AsyncIterable<Uint8Array>;

  /** Events of these spawns (all of the tenant's when none is named) until each has settled. */
  watch(
    spawnIds: readonly string[],
    options?: { readonly signal?: AbortSignal },
  ): AsyncIterable<SpawnEvent>;

  /** Reads an OCI image from its registry without pulling it, and verifies it. */
  inspectImage(reference: string, options?: InspectOptions): Promise<OciInspection>;
}
