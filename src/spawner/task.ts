import { retryAfterMilliseconds } from "../async/retry-after.ts";
import type { Clock } from "../host/clock.ts";
import type { ProcessIdentity } from "../host/process-identity.ts";
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
  /** Between 0 and 1. */
  readonly random: () => number;
  readonly worker: ProcessIdentity;
  readonly openAdapter: OpenAdapter;
  /** Looks up what travels with a launch of this plan, just before it. */
  readonly launchSecrets: (plan: LaunchPlan, signal: AbortSignal) => Promise<LaunchSecrets>;
}

/** What the spawns that one process drives share. */
export interface SpawnerRuntime extends SpawnerPorts {
  readonly leases: Leases;
  readonly calls: LaunchCalls;
  readonly queue: LaunchQueue;
  readonly admission: LaunchAdmission;
  readonly watcherOf: (adapter: SubstrateAdapter) => MachineWatcher;
  readonly listerOf: (adapter: SubstrateAdapter) => MachineLister;
  readonly terminatorOf: (adapter: SubstrateAdapter) => MachineTerminator;
}

/** Up to where a spawn is driven. `settled`: until it runs or has ended, whatever was to become of it. */
export type Wait = "accepted" | "running" | "watched" | "settled";

/** What whoever waits for a spawn wants of it. */
export interface WaitOptions extends SpawnKey {
  readonly wait: Wait;
  /** Ends the spawn: what was launched is terminated. */
  readonly signal: AbortSignal;
  /** Ends the wait: the spawn stays as it is, for whoever goes on with it. */
  readonly detach: AbortSignal;
  readonly onEvent: (notice: SpawnNotice) => void;
}

/** One spawn in this driver's hands. */
export interface Task {
  readonly waitOptions: WaitOptions;
  readonly adapter: SubstrateAdapter;
  readonly owner: string;
  /** Aborted where the work at hand is to stop, whatever the cause. */
  readonly signal: AbortSignal;
  readonly secrets: (signal: AbortSignal) => Promise<LaunchSecrets>;
  readonly tries: Tries;
}

/** How often and since when something has failed that is worth repeating. */
export interface Tries {
  /**
   * Waits before the next try.
   *
   * @returns false where it has been tried for long enough
   */
  pause(error: SlipwayError, signal: AbortSignal): Promise<boolean>;
  /** What was tried has worked: the next failure is the first again. */
  reset(): void;
}

export function createTries(
  { clock, random }: Pick<SpawnerPorts, "clock" | "random">,
  milliseconds: number,
): Tries {
  let failures = 0;
  let since = 0;
  return {
    async pause(error, signal) {
      if (failures === 0) since = clock.now();
      failures += 1;
      const delay = retryDelay(failures, random(), retryAfterMilliseconds(error));
      if (clock.now() + delay - since > milliseconds) return false;
      await clock.sleep(delay, signal);
      return true;
    },
    reset() {
      failures = 0;
    },
  };
}

/** The launch that a spawn stands or falls with at the moment. */
export function latestLaunch({ launches, spawn }: DrivenSpawn) {
  const latest = launches.at(-1);
  if (latest === undefined) throw new Error(`spawn ${spawn.spawnId} has no launch`);
  return latest;
}
