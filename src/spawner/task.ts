import { retryAfterMilliseconds } from "../async/retry-after.ts";
import type { Clock } from "../host/clock.ts";
import type { ProcessIdentity } from "../host/process-identity.ts";
import { isUnsent } from "../errors.ts";
import type { SlipwayError } from "../errors.ts";
import type { LaunchPlan } from "../plan/plan.ts";
import type { SpawnNotice } from "./notice.ts";
import type { LaunchSecrets, OpenAdapter, SubstrateAdapter } from "../substrate/contract.ts";
import { retryDelay } from "./launch/backoff.ts";
import type { DrivenSpawn, Ledger, SpawnKey } from "../ledger/ledger.ts";
import type { LaunchAdmission } from "./launch/launch-admission.ts";
import type { LaunchCalls } from "./launch/launch-calls.ts";
import type { LaunchQueue } from "./launch/launch-queue.ts";
import type { Leases } from "./leases.ts";
import type { MachineTerminator } from "./machines/terminator.ts";
import type { MachineLister } from "./machines/lister.ts";
import type { MachineWatcher } from "./machines/watcher.ts";

export interface SpawnerPorts {
  readonly ledger: Ledger;
  readonly clock: Clock;
  /** Returns a random number from 0 up to 1. */
  readonly random: () => number;
  readonly worker: ProcessIdentity;
  readonly openAdapter: OpenAdapter;
  /** Looks up the secrets of a launch of this plan, just before the call. */
  readonly launchSecrets: (plan: LaunchPlan, signal: AbortSignal) => Promise<LaunchSecrets>;
}

/** The state that all spawns of one process share. */
export interface SpawnerRuntime extends SpawnerPorts {
  /** The adapters through which a request has reached its provider. */
  readonly contacts: WeakSet<SubstrateAdapter>;
  readonly leases: Leases;
  readonly calls: LaunchCalls;
  readonly queue: LaunchQueue;
  readonly admission: LaunchAdmission;
  readonly watcherOf: (adapter: SubstrateAdapter) => MachineWatcher;
  readonly listerOf: (adapter: SubstrateAdapter) => MachineLister;
  readonly terminatorOf: (adapter: SubstrateAdapter) => MachineTerminator;
}

/** How far a spawn is driven. `settled`: until it runs or has ended, whichever comes first. */
export type Wait = "accepted" | "running" | "watched" | "settled";

/** How a caller waits for a spawn. */
export interface WaitOptions extends SpawnKey {
  readonly wait: Wait;
  /** Cancels the spawn: its machine is terminated. */
  readonly signal: AbortSignal;
  /** Ends the wait: the spawn stays as it is, for a later caller or recovery. */
  readonly detach: AbortSignal;
  readonly onEvent: (notice: SpawnNotice) => void;
}

/** A spawn that this worker drives. */
export interface Task {
  readonly waitOptions: WaitOptions;
  readonly adapter: SubstrateAdapter;
  readonly owner: string;
  /** Aborted when the current work must stop, for any reason. */
  readonly signal: AbortSignal;
  readonly secrets: (signal: AbortSignal) => Promise<LaunchSecrets>;
  readonly tries: Tries;
}

/** Counts the failures of a repeated call, and limits the time for repeating it. */
export interface Tries {
  /**
   * Waits before the next attempt.
   *
   * @returns false if the call has been repeated for long enough
   */
  pause(error: SlipwayError, signal: AbortSignal): Promise<boolean>;
  /** The call has succeeded: the next failure counts as the first. */
  reset(): void;
  /** The failure after which the call is being repeated; null if its latest attempt succeeded. */
  latest(): SlipwayError | null;
}

/**
 * How long calls are repeated, in milliseconds, if none of this process's calls has reached the provider yet: its
 * address is probably wrong, or nothing listens there. A person waits for the report, and the spawn can be continued.
 */
const FIRST_CONTACT = 500;

export function createTries(
  { clock, random, contacts }: Pick<SpawnerRuntime, "clock" | "random" | "contacts">,
  adapter: SubstrateAdapter,
  onRetry: (error: SlipwayError) => void,
): Tries {
  const { retryMilliseconds } = adapter.capabilities;
  const began = clock.now();
  let failures = 0;
  let since = 0;
  let latest: SlipwayError | null = null;
  return {
    async pause(error, signal) {
      if (!isUnsent(error)) contacts.add(adapter);
      if (failures === 0) since = clock.now();
      failures += 1;
      latest = error;
      const delay = retryDelay(failures, random(), retryAfterMilliseconds(error));
      const [from, limit] = contacts.has(adapter)
        ? [since, retryMilliseconds]
        : [began, Math.min(FIRST_CONTACT, retryMilliseconds)];
      if (clock.now() + delay - from > limit) return false;
      onRetry(error);
      await clock.sleep(delay, signal);
      return true;
    },
    reset() {
      contacts.add(adapter);
      failures = 0;
      latest = null;
    },
    latest: () => latest,
  };
}

/** The spawn's current launch. */
export function latestLaunch({ launches, spawn }: DrivenSpawn) {
  const latest = launches.at(-1);
  if (latest === undefined) throw new Error(`spawn ${spawn.spawnId} has no launch`);
  return latest;
}
