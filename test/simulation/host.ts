import type { PlacementTarget } from "../../src/plan/plan.ts";
import { createGovernor } from "../../src/pacing/governor.ts";
import type { Ledger } from "../../src/ledger/ledger.ts";
import { createSpawnerRuntime } from "../../src/spawner/spawn.ts";
import type { SpawnerRuntime } from "../../src/spawner/task.ts";
import type { LaunchSecrets, OpenAdapter, SubstrateAdapter } from "../../src/substrate/contract.ts";
import { LARGEST_SKEW } from "./auditor.ts";
import type { Auditor } from "./auditor.ts";
import type { SimulatedCloud } from "./cloud.ts";
import { createProcess } from "./process.ts";
import type { SimulatedProcess } from "./process.ts";
import type { Scene } from "./scene.ts";
import { createSimulatedAdapter } from "./simulated-adapter.ts";
import { ledgerOf } from "./simulated-ledger.ts";

/** A process that runs the product. */
export interface Spawner {
  readonly process: SimulatedProcess;
  readonly world: SpawnerRuntime;
  /** Opens adapters for a sweep with this grace period. */
  readonly openForSweep: (grace: number) => OpenAdapter;
}

export interface Hosts {
  readonly processes: ReadonlyMap<string, SimulatedProcess>;
  /** Those of all processes, dead ones included, by process. */
  readonly spawners: ReadonlyMap<string, Spawner>;
  start(host: string, fatalCall: number | null, onDeath: () => void): Spawner;
}

/** Together with network delays, it stays within the product's tolerance. */
const METERED_SKEW = 60;
const NO_SECRETS: LaunchSecrets = { credential: null, environment: {}, files: [] };

/** The hosts that run processes. The death of a process can be detected on its own host only. */
export function createHosts(parts: {
  readonly scene: Scene;
  readonly auditor: Auditor;
  readonly ledger: Ledger;
  readonly cloudOf: (target: PlacementTarget) => SimulatedCloud | undefined;
}): Hosts {
  const { scene, auditor, ledger, cloudOf } = parts;
  const processes = new Map<string, SimulatedProcess>();
  const spawners = new Map<string, Spawner>();
  const skews = new Map<string, number>();
  const skewOf = (host: string): number => {
    const most = scene.isMetered ? METERED_SKEW : LARGEST_SKEW;
    const skew = skews.get(host) ?? scene.random.between(-most, most);
    skews.set(host, skew);
    return skew;
  };

  return {
    processes,
    spawners,
    start(host, fatalCall, onDeath) {
      const id = `${host}/${processes.size + 1}`;
      const process = createProcess(scene, { id, host, skew: skewOf(host), fatalCall, onDeath });
      processes.set(id, process);
      scene.narrate(id, () => "starts");
      const own = ledgerOf(ledger, process, auditor);
      const { clock } = process;
      const isGone = (other: string): boolean => {
        const found = processes.get(other);
        return found !== undefined && found.host === host && !found.isAlive;
      };
      const queueId = `${id} calls`;
      const pace = createGovernor({ store: own, clock, queueId, isGone }).pace("default");
      const opener = (sweepGrace: number | null): OpenAdapter => {
        const adapters = new Map<SimulatedCloud, SubstrateAdapter>();
        return async (target) => {
          const cloud = cloudOf(target);
          if (cloud === undefined) throw new Error(`no cloud for ${target.substrate}`);
          const known = adapters.get(cloud);
          if (known !== undefined) return known;
          const adapter = createSimulatedAdapter({
            scene,
            auditor,
            process,
            cloud,
            pace,
            sweepGrace,
          });
          adapters.set(cloud, adapter);
          return adapter;
        };
      };
      const world = createSpawnerRuntime({
        ledger: own,
        clock,
        random: () => scene.random.next(),
        worker: { id, isGone },
        openAdapter: opener(null),
        launchSecrets: () => Promise.resolve(NO_SECRETS),
      });
      const spawner = { process, world, openForSweep: opener };
      spawners.set(id, spawner);
      return spawner;
    },
  };
}
