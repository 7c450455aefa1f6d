import { createSqliteLedger } from "../src/ledger/sqlite-ledger.ts";
import { openSubstrate } from "../src/slipway/open-adapter.ts";
import type { LaunchPlan } from "../src/plan/plan.ts";
import { createLaunchCalls } from "../src/spawner/launch/launch-calls.ts";
import { createLaunchSlots } from "../src/spawner/launch/launch-slots.ts";
import type { LaunchAdmission } from "../src/spawner/launch/launch-admission.ts";
import type { LaunchQueue } from "../src/spawner/launch/launch-queue.ts";
import { LEDGER_MIGRATIONS } from "../src/ledger/ledger-schema.ts";
import { recordLaunch } from "../src/spawner/launch/record-launch.ts";
import type { QueueResult } from "../src/spawner/launch/record-launch.ts";
import { createSpawnerRuntime, spawnPlan, terminate } from "../src/spawner/spawn.ts";
import type { SpawnerPorts, SpawnerRuntime, WaitOptions } from "../src/spawner/task.ts";
import { openDatabase } from "../src/storage/database.ts";
import { systemChance, systemClock } from "../src/host/system-clock.ts";
import { systemProcessIdentity } from "../src/host/system-process-identity.ts";
import { ec2World } from "./ec2-world.ts";
import type { Benchmark } from "./figure.ts";
import { pair } from "./figure.ts";
import { NO_INPUT } from "../src/substrate/contract.ts";

const RUNS = 200;
/** As in `ec2-spawn`. */
const WARM_UPS = 50;

/** A single spawn: the cost of queue and governor for a lone launch. */
export const benchmark: Benchmark = {
  name: "queue",
  async run() {
    await using world = await ec2World();
    const { database, environment, rates, slipway } = world;
    await using file = await openDatabase({
      path: `${database}.queue`,
      migrations: { ledger: LEDGER_MIGRATIONS },
    });
    const plan = await slipway.resolveWorkspace("bench");
    const adapter = await openSubstrate(
      plan.target,
      { environment, home: environment["HOME"] ?? "" },
      { clock: systemClock, rates },
    );
    const ports: SpawnerPorts = {
      ledger: createSqliteLedger(file),
      clock: systemClock,
      random: systemChance,
      worker: systemProcessIdentity(),
      openAdapter: async () => adapter,
      launchSecrets: async () => ({ credential: null, environment: {}, files: [] }),
    };
    const queued = spawner(createSpawnerRuntime(ports), plan, "queued");
    const direct = spawner(directWorld(ports), plan, "direct");
    try {
      const figure = await pair({
        name: "a single spawn to accepted, through queue and governor / recorded and requested directly",
        target: 1.05,
        runs: RUNS,
        warmUps: WARM_UPS,
        ours: queued.spawn,
        theirs: direct.spawn,
        async afterEach() {
          await queued.end();
          await direct.end();
        },
      });
      return [figure];
    } finally {
      await adapter.close();
    }
  },
};

/** The same spawner, on the same ledger, that launches each spawn separately and without pacing. */
function directWorld(ports: SpawnerPorts): SpawnerRuntime {
  const { ledger, clock } = ports;
  const admission: LaunchAdmission = {
    requestAtOnce: () => null,
    admitFirst: async (_adapter, _tenant, waiting) => ({
      resources: waiting.fitting(),
      spent: null,
    }),
    admitRepeat: async () => undefined,
    readmitLate: async () => undefined,
    noteOutcomes: async () => undefined,
  };
  const calls = createLaunchCalls({ clock, pacing: admission, slots: createLaunchSlots() });
  const queue: LaunchQueue = {
    enqueue: (queued) =>
      new Promise<QueueResult>((resolve, reject) => {
        const admitted = { at: clock.now(), spent: null };
        const going = recordLaunch({ ledger, calls }, [{ queued, resolve, reject }], admitted);
        going.catch(reject);
      }),
  };
  return { ...createSpawnerRuntime(ports), admission, calls, queue };
}

function spawner(world: SpawnerRuntime, plan: LaunchPlan, prefix: string) {
  const spawned: string[] = [];
  let number = 0;
  const never = new AbortController().signal;
  const wish = (spawnId: string, wait: WaitOptions["wait"]): WaitOptions => ({
    tenant: plan.tenant,
    spawnId,
    wait,
    signal: never,
    detach: never,
    onEvent: () => undefined,
  });
  return {
    async spawn(this: void): Promise<void> {
      const spawnId = `${prefix}-${(number += 1)}`;
      spawned.push(spawnId);
      await spawnPlan(world, { ...wish(spawnId, "accepted"), plan, own: NO_INPUT, subject: plan });
    },
    async end(): Promise<void> {
      for (const spawnId of spawned.splice(0)) await terminate(world, wish(spawnId, "settled"));
    },
  };
}
