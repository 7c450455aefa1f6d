import type { Catalog } from "../catalog/catalog.ts";
import type { OciInspection } from "../oci/inspect/inspect-image.ts";
import type { JsonValue, SlipwayError } from "../errors.ts";
import type { LaunchPlan } from "../plan/plan.ts";
import type { PruneReport } from "../ledger/prune.ts";
import type { PruneCounts } from "../ledger/pruning.ts";
import type { KeyRotated } from "../secrets/sealed-store.ts";
import type { SpawnNotice } from "../spawner/notice.ts";
import type { Recovered } from "../spawner/recover.ts";
import type { SweepReport } from "../spawner/sweep.ts";
import type { ExecTerminal, OutputStream } from "../substrate/contract.ts";
import type { Spawn, SpawnDescription, SpawnEvent, SpawnState } from "../ledger/spawn-record.ts";

export interface ResolveOptions {
  /** Resolve from the catalog alone; the plan is unpinned and cannot be spawned. Default false. */
  readonly offline?: boolean;
  readonly signal?: AbortSignal;
}

/** Options that apply to all spawns of one call. */
export interface BurstOptions {
  /** Cancels the spawns: their machines are terminated, and the ledger records it. */
  readonly signal?: AbortSignal;
  /** Ends only the wait. Each spawn keeps its state; spawn its id again or call `recover` to resume it. */
  readonly detach?: AbortSignal;
  readonly onEvent?: (notice: SpawnNotice) => void;
  /** Called once for each plan, before its spawns are launched or resumed. Its `checks` may include warnings. */
  readonly onPlan?: (plan: LaunchPlan) => void;
  /**
   * When the promise resolves: `accepted` once the provider has accepted the launch, `running` once the machine runs
   * (default), `watched` once it has kept running for as long as its substrate requires.
   */
  readonly wait?: "accepted" | "running" | "watched";
  /** Spawn a saved plan even if a record that it depends on has changed. Default false. */
  readonly allowStale?: boolean;
}

/**
 * Additions to the workspace for one spawn. They are recorded before the launch and are part of the spawn's identity,
 * but not of its plan: spawns of one plan with different additions share a launch call. They are shown as they are, and
 * everyone who can read a VM's user data or a container's configuration can read them: never put secrets there.
 */
export interface SpawnAdditions {
  /**
   * Environment variables by name: `[A-Za-z_][A-Za-z0-9_]*`, but not `SLIPWAY_…`, and none that the workspace sets from a
   * secret. At most 4 KiB in all.
   */
  readonly env?: Readonly<Record<string, string>>;
  /**
   * For selection, by key; at most 16. Keys and values follow the rule of Kubernetes. Labels that all spawns of a launch
   * share are copied to the machine's tags or labels where the provider's rules allow.
   */
  readonly labels?: Readonly<Record<string, string>>;
  /** For the program on the machine; at most 4 KiB as canonical JSON. */
  readonly input?: JsonValue;
}

export interface SpawnOptions extends BurstOptions, SpawnAdditions {
  /** `[a-z][a-z0-9-]{0,62}`; generated when omitted. The same id always means the same machine. */
  readonly spawnId?: string;
}

/** One of several spawns. */
export interface WantedSpawn extends SpawnAdditions {
  /** The workspace's name, or a plan that was resolved earlier. */
  readonly workspace: string | LaunchPlan;
  /** As in `SpawnOptions`. */
  readonly spawnId?: string;
}

/** The result of one of several spawns: what `spawnWorkspace` would have returned, or the error it would have thrown. */
export type SpawnResult =
  /** The spawn's state is `failed` if a launch was attempted and failed. */
  | { readonly spawnId: string; readonly spawn: Spawn; readonly error: null }
  /** `spawn` is the record, or null if nothing was recorded. */
  | { readonly spawnId: string; readonly spawn: Spawn | null; readonly error: SlipwayError };

/** How long spawns take, as far as it is known before they begin. */
export interface SpawnEstimate {
  /**
   * Milliseconds until the provider's rates allow the last launch call, with what other spawns on this ledger have used
   * of them; 0 if no rate limits these spawns.
   */
  readonly launchMilliseconds: number;
  /** The limit that they wait for, as in a `waiting` notice: `RunInstances of account 1234 in us-east-1`; null if none. */
  readonly limit: string | null;
  /** Milliseconds for which Slipway waits for a machine to boot, before `BOOT_TIMED_OUT`. */
  readonly bootMilliseconds: number;
}

export interface WatchOptions {
  /**
   * Where the events begin: at the first one (`all`, the default), with those to come (`now`), or at a time (RFC 3339).
   */
  readonly since?: string;
  /** Whether the watch ends once all spawns have settled, or only with its signal. Default `settled`. */
  readonly until?: "settled" | "aborted";
  readonly signal?: AbortSignal;
}

/** Which spawns to list. Without a filter, all spawns of the tenant. */
export interface SpawnFilter {
  readonly workspace?: string;
  readonly state?: SpawnState;
  /** Only spawns in one of these states. */
  readonly states?: readonly SpawnState[];
  /** Only spawns that have not ended. */
  readonly live?: boolean;
  /** Only spawns that were created at this time or later; RFC 3339. */
  readonly since?: string;
  /** Only spawns that have all of these labels. */
  readonly labels?: Readonly<Record<string, string>>;
  /** At most this many, the newest. */
  readonly limit?: number;
}

export interface RecoverOptions {
  /** Stops the recovery; the spawns keep their state. */
  readonly signal?: AbortSignal;
  readonly onEvent?: (notice: SpawnNotice) => void;
}

export interface TerminateOptions {
  /** Ends the wait; the spawn stays `terminating`. */
  readonly signal?: AbortSignal;
  readonly onEvent?: (notice: SpawnNotice) => void;
}

export interface SweepOptions {
  /** How long a machine must be a suspect before it is terminated, in milliseconds. Default 15 minutes. */
  readonly grace?: number;
  /** Only report what would be done. Default false. */
  readonly dryRun?: boolean;
  readonly signal?: AbortSignal;
}

export interface PruneOptions {
  /** How long ago a spawn must have ended to be deleted, in milliseconds. */
  readonly olderThan: number;
  /** Only count what would be deleted. Default false. */
  readonly dryRun?: boolean;
  /** Ends the call early: it returns what was deleted, with `complete: false`. */
  readonly signal?: AbortSignal;
  /** Called after each batch, with the counts so far. */
  readonly onProgress?: (counts: PruneCounts) => void;
}

export interface LogsOptions {
  /** Continue until the machine ends or the signal is aborted. Default false. */
  readonly follow?: boolean;
  /** Start with this many of the last lines. Default: all lines. */
  readonly tail?: number;
  /** Start with what was printed at this time (RFC 3339). Docker only, because no cloud records the times. */
  readonly since?: string;
  readonly signal?: AbortSignal;
}

export interface ExecOptions {
  /** The program and its arguments, which no shell interprets. Default: `bash`, or `sh` if the container has no bash. */
  readonly command?: readonly string[];
  /** Added to the container's own variables. The ledger does not record them. */
  readonly env?: Readonly<Record<string, string>>;
  /** `USER` or `USER:GROUP`, names or numbers. Default: the user of the container. */
  readonly user?: string;
  /** An absolute path in the container. Default: the folder of the container. */
  readonly workingDirectory?: string;
  /** The command's standard input. Default: none. */
  readonly input?: AsyncIterable<Uint8Array>;
  /** Gives the command a terminal of this size. Default: no terminal. */
  readonly terminal?: ExecTerminal;
  /** Receives the output. The next piece is read once the promise has resolved. Default: the output is dropped. */
  readonly onOutput?: (stream: OutputStream, bytes: Uint8Array) => Promise<void> | void;
  /** Stops reading and closes the command's input; the command may go on. */
  readonly signal?: AbortSignal;
}

/** A port of a workspace, and the address of the spawn's machine for it. */
export interface SpawnPort {
  /** In the container or the virtual machine. */
  readonly port: number;
  readonly name: string | null;
  /** Null if the port is not reachable under any address: it is not published, or the machine has no address. */
  readonly address: string | null;
  readonly hostPort: number | null;
  /** `http://ADDRESS:PORT`. Slipway does not know which protocol the port speaks. */
  readonly url: string | null;
}

export interface InspectOptions {
  /** `os/architecture[/variant]`; default `linux/amd64`. */
  readonly platform?: string;
  /** Name of the secret with the registry's credential. Default: Docker's configuration, else no credential. */
  readonly secret?: string;
  /** Fetch every layer and check its digest and DiffID. Default false. */
  readonly verifyLayers?: boolean;
  /** Called with what deserves attention and does not fail the inspection, such as an unreadable Docker configuration. */
  readonly onWarning?: (warning: Pick<SlipwayError, "message" | "remedy">) => void;
  readonly signal?: AbortSignal;
}

/** Slipway for one tenant: the catalog, the dry run and the spawner. Every method rejects only with a `SlipwayError`. */
export interface Slipway extends AsyncDisposable {
  readonly tenant: string;
  readonly catalog: Catalog;

  /**
   * The dry run: decides everything and changes nothing.
   *
   * @throws `NOT_FOUND` for an unknown workspace. `FAILED_PRECONDITION` with all `checks` if any check failed; the
   * reason is that of the only failed check, or `CHECKS_FAILED` for several. `UNAVAILABLE` instead if every failed
   * check failed because a peer was unreachable.
   */
  resolveWorkspace(workspace: string, options?: ResolveOptions): Promise<LaunchPlan>;

  /**
   * Launches exactly one machine for a spawn id, from a workspace or from a plan that was resolved (and saved)
   * earlier. If the id is already known, the spawn resumes with its recorded plan; a finished spawn is returned as it
   * is. An id that is known with another workspace, plan, env, labels or input is refused as `SPAWN_ID_REUSED`.
   *
   * If a launch was attempted and failed, the spawn is returned with `state: "failed"` and its `error`. Any earlier
   * failure is thrown.
   */
  spawnWorkspace(workspace: string | LaunchPlan, options?: SpawnOptions): Promise<Spawn>;

  /**
   * Launches many machines, of one workspace or of several. Each becomes a spawn as with `spawnWorkspace`. A workspace
   * that occurs several times is resolved once, and identical launches share a provider call. A string stands for a
   * spawn of that workspace with a generated id.
   *
   * @returns one result for each spawn, in the same order; one failure does not affect the others
   * @throws `INVALID_ARGUMENT`, before anything is started, for an invalid or duplicate id, an invalid plan or an
   * unknown option
   */
  spawnWorkspaces(
    wanted: readonly (string | WantedSpawn)[],
    options?: BurstOptions,
  ): Promise<readonly SpawnResult[]>;

  /**
   * Estimates how long `spawnWorkspaces` takes with this input. Contacts no provider. Spawns that are recorded already,
   * and workspaces that cannot be spawned, take no time. A time limit below `launchMilliseconds` cannot be met.
   */
  estimateSpawns(wanted: readonly (string | WantedSpawn)[]): Promise<SpawnEstimate>;

  /** Spawns of the tenant, newest first. */
  listSpawns(filter?: SpawnFilter): Promise<readonly Spawn[]>;

  /**
   * The spawn whose machine this is; null if the tenant has none.
   *
   * @param machine `machineId`: an EC2 instance id, a Compute Engine `projects/…/zones/…/instances/…`, or a container's
   * id or at least its first 12 digits (by default, the host name inside it)
   */
  findSpawn(machine: { readonly machineId: string }): Promise<Spawn | null>;

  /**
   * Streams a list of spawns: first the list itself, then the spawns that have changed (state, machine or error), one for each
   * change, in order. A spawn that the filter no longer matches comes a last time. Ends only with its signal.
   *
   * @throws `CANCELLED` when the signal is aborted, `INVALID_ARGUMENT` for a filter with a limit
   */
  watchList(
    filter?: SpawnFilter,
    options?: { readonly signal?: AbortSignal },
  ): AsyncIterable<readonly Spawn[]>;

  /** @throws `NOT_FOUND` / `SPAWN_NOT_FOUND`. */
  describeSpawn(spawnId: string): Promise<SpawnDescription>;

  /**
   * Checks the machines of these spawns (of all running and booting spawns if none is named) and updates the records
   * of those that no process is driving: a machine that has booted is running, one that ended on its own is
   * terminated.
   */
  refreshSpawns(
    spawnIds: readonly string[],
    options?: { readonly signal?: AbortSignal },
  ): Promise<void>;

  /**
   * Resumes every unfinished spawn of the tenant and resolves when they have settled. A spawn that a dead process on
   * this host was driving is resumed at once, any other when its lease has expired. Call it when a long-lived process
   * starts.
   */
  recover(options?: RecoverOptions): Promise<readonly Recovered[]>;

  /**
   * Finds machines that carry this ledger's tag and that no live spawn of any tenant claims. They are first marked as
   * suspects; a later sweep terminates them after the grace period.
   *
   * @throws `FAILED_PRECONDITION` / `LEDGER_RESTORED` if a machine's launch was never issued by this ledger
   */
  sweep(options?: SweepOptions): Promise<SweepReport>;

  /**
   * Deletes the tenant's spawns that ended long enough ago, with their attempts, events and labels, and the plans that
   * nothing refers to any more. Spawns that shared a launch are deleted once all of them have ended so long ago. An id
   * that was deleted is free again: it is then a new spawn with a machine of its own. Deletes in small batches, so that
   * other processes can write in between.
   */
  prune(options: PruneOptions): Promise<PruneReport>;

  /**
   * Seals every secret of every tenant again, with a new key. All can be read throughout, by other processes too. If it
   * is interrupted, the next call continues. With a key of your own (`createSlipway`'s `key`), put the new one before the
   * old one first, in every process.
   *
   * @throws `FAILED_PRECONDITION`: `SECRET_KEY_MISSING`; `SECRET_KEY_INVALID` if a secret is sealed with a key that is
   * not here, and nothing has changed; `SECRET_UNREADABLE` if one was damaged, and others may be sealed again
   */
  rotateKey(): Promise<KeyRotated>;

  /**
   * Terminates the machine (success if it is already gone) and records it; the record stays. If the termination cannot
   * be confirmed, the spawn stays `terminating`: call it again, or `recover`.
   */
  terminateSpawn(spawnId: string, options?: TerminateOptions): Promise<Spawn>;

  /** Streams the machine's output. */
  logs(spawnId: string, options?: LogsOptions): AsyncIterable<Uint8Array>;

  /**
   * Runs a command in the spawn's container, beside its own program, and returns its exit code. As with `docker exec`, the
   * code is 126 or 127 if the command cannot be run, and 128 and a signal's number if a signal ended it.
   *
   * @throws `UNIMPLEMENTED` / `SUBSTRATE_UNSUPPORTED` for a virtual machine, with the provider's own command in the remedy.
   * `FAILED_PRECONDITION`: `MACHINE_NOT_STARTED`, `MACHINE_NOT_RUNNING`, or `SHELL_NOT_FOUND` without a `command`
   */
  exec(spawnId: string, options?: ExecOptions): Promise<number>;

  /** The ports of the spawn's workspace, in ascending order, with their addresses. @throws `MACHINE_NOT_STARTED` */
  listPorts(spawnId: string): Promise<readonly SpawnPort[]>;

  /** Streams the events of these spawns (of all the tenant's spawns if none is named). */
  watch(spawnIds: readonly string[], options?: WatchOptions): AsyncIterable<SpawnEvent>;

  /** Reads an OCI image from its registry without pulling it, and verifies it. */
  inspectImage(reference: string, options?: InspectOptions): Promise<OciInspection>;
}
