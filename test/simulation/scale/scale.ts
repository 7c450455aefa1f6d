import { createMemoryLedger } from "../../../src/ledger/memory-ledger.ts";
import type { Ledger } from "../../../src/ledger/ledger.ts";
import { createAuditor } from "../auditor.ts";
import type { Auditor } from "../auditor.ts";
import { calmAndCheck } from "../calm.ts";
import { createHosts } from "../host.ts";
import { nameOf } from "../machine.ts";
import { noFaults } from "../fault-rates.ts";
import type { FaultRates } from "../fault-rates.ts";
import { createRandom } from "../random.ts";
import type { Random } from "../random.ts";
import { createScene } from "../scene.ts";
import type { Violation } from "../scene.ts";
import { createScheduler, START } from "../scheduler.ts";
import { createWork } from "../work.ts";
import type { Command, WantedSpawn, Work } from "../work.ts";
import { createRegion, planIn } from "./regions.ts";
import type { CallCounts, Region } from "./regions.ts";

export interface ScaleOptions {
  readonly seed: number;
  readonly spawns: number;
  readonly accounts: number;
  readonly regions: number;
  readonly processes: number;
}

export interface ScaleResult {
  readonly violations: readonly Violation[];
  /** Number of spawns by final state. */
  readonly states: ReadonlyMap<string, number>;
  /** Number of failed spawns by reason. */
  readonly failures: ReadonlyMap<string, number>;
  readonly machines: number;
  readonly sweptMachines: number;
  /** Number of requested launches, and of repetitions. */
  readonly launches: number;
  readonly repeated: number;
  readonly calls: CallCounts;
  /** Time from the request for a spawn to the creation of its machine, and to the record of its running state. */
  readonly toMachine: Spread;
  readonly toRunning: Spread;
  /** Virtual time until every spawn has settled, including all bursts. */
  readonly milliseconds: number;
  readonly steps: number;
}

/** Ascending milliseconds: in accounts without and with other callers. */
export interface Spread {
  readonly exclusive: readonly number[];
  readonly shared: readonly number[];
}

const TENANTS = ["default", "acme"];
const REGION_NAMES = ["us-east-1", "us-west-2", "eu-west-1", "ap-south-1"];
/** All bursts begin within this time, in milliseconds. */
const BURST_WINDOW = 60_000;
/** Time at which a process is killed, and time until it is replaced. */
const DEATH_TIME = 30_000;
const RESTART_DELAY = 5_000;
const MAXIMUM_STEPS = 100_000_000;

/** Occasional faults: a few of a thousand calls, five of a thousand machines. */
const OCCASIONAL_FAULTS: Partial<FaultRates> = {
  lostRequest: 0.003,
  lostReply: 0.003,
  failedAfter: 0.003,
  bootsFull: 0.005,
};

interface Burst {
  readonly names: readonly string[];
  readonly at: number;
}

/** Many concurrent spawns in many accounts, by processes that share one ledger. */
export async function runScale(options: ScaleOptions): Promise<ScaleResult> {
  const random = createRandom(options.seed);
  const scheduler = createScheduler(random, MAXIMUM_STEPS);
  const scene = createScene(random, scheduler, { ...noFaults(), ...OCCASIONAL_FAULTS }, null);
  scene.isMetered = true;
  const auditor = createAuditor(scene);
  const calls = { arrived: new Map(), throttled: new Map(), throttledShared: new Map() };
  const regions = createRegions(options, (account, region, spawns) =>
    createRegion(scene, auditor, {
      account,
      region,
      spawns,
      isShared: account % 4 === 0,
      counts: calls,
    }),
  );
  const { wanted, bursts } = drawBursts(random, regions, options);
  const times = createTimes(() => scheduler.now());
  const clouds = new Map(regions.map(({ cloud, target }) => [scopeOf(target), cloud]));
  const hosts = createHosts({
    scene,
    auditor,
    ledger: times.watch(createMemoryLedger("scale")),
    cloudOf: (target) => (target.substrate === "AWS" ? clouds.get(scopeOf(target)) : undefined),
  });
  const work = createWork(scene, wanted);
  const spawners = Array.from({ length: options.processes }, (_one, index) =>
    hosts.start(hostOf(index), null, () => undefined),
  );
  const shares: string[][] = spawners.map(() => []);
  for (const { names, at } of bursts)
    scheduler.after(at, () => {
      for (const [index, name] of names.entries()) {
        const slot = index % spawners.length;
        times.requested.set(name, scheduler.now());
        shares[slot]?.push(name);
        const spawner = spawners[slot];
        if (spawner?.process.isAlive === true) work.begin(spawner, spawnOf(name));
      }
    });
  scheduler.after(DEATH_TIME, () => spawners[0]?.process.die("during the run"));
  // Its replacement recovers what it left, and receives the same requests again.
  scheduler.after(DEATH_TIME + RESTART_DELAY, () => {
    const next = hosts.start(hostOf(0), null, () => undefined);
    spawners[0] = next;
    work.begin(next, { kind: "recover" });
    for (const name of shares[0] ?? []) work.begin(next, spawnOf(name));
  });
  let isRushOver = false;
  scheduler.after(BURST_WINDOW, () => {
    isRushOver = true;
  });
  await scheduler.run(() => scene.violations.length > 0 || (isRushOver && isIdle(work)));
  const milliseconds = scheduler.now() - START;
  const stage = { scene, auditor, clouds, wanted, bursts: [], hosts, work };
  if (scene.violations.length === 0) await calmAndCheck(stage);
  return {
    ...resultOf(auditor, times, sharedPlaces(regions)),
    violations: scene.violations,
    calls,
    milliseconds,
    steps: scheduler.steps,
  };
}

function createRegions(
  { accounts, regions, spawns }: ScaleOptions,
  create: (account: number, region: string, spawns: number) => Region,
): readonly Region[] {
  const each = Math.ceil(spawns / (accounts * regions));
  return Array.from({ length: accounts * regions }, (_one, index) => {
    const region = REGION_NAMES[index % regions] ?? `region-${index % regions}`;
    return create(1 + Math.floor(index / regions), region, each);
  });
}

/** One burst per tenant in each region of each account. */
function drawBursts(
  random: Random,
  regions: readonly Region[],
  { spawns }: ScaleOptions,
): { readonly wanted: ReadonlyMap<string, WantedSpawn>; readonly bursts: readonly Burst[] } {
  const wanted = new Map<string, WantedSpawn>();
  const groups = regions.flatMap((region) => TENANTS.map((tenant) => ({ region, tenant })));
  const bursts = groups.map(({ region, tenant }, index) => {
    const plan = planIn(region, tenant);
    const first = Math.floor((spawns * index) / groups.length);
    const end = Math.floor((spawns * (index + 1)) / groups.length);
    const names: string[] = [];
    for (let number = first; number < end; number += 1) {
      const key = { tenant, spawnId: `spawn-${number}` };
      names.push(nameOf(key));
      wanted.set(nameOf(key), { ...key, plan });
    }
    return { names, at: random.between(0, BURST_WINDOW - 1) };
  });
  return { wanted, bursts };
}

function spawnOf(name: string): Command {
  return { kind: "spawn", name, wait: "running", cancelAfter: null, detachAfter: null };
}

function isIdle(work: Work): boolean {
  for (const task of work.open) {
    if (task.spawner.process.isAlive) return false;
    work.open.delete(task);
  }
  return true;
}

/** The processes run on two hosts. */
function hostOf(index: number): string {
  return index % 2 === 0 ? "north" : "south";
}

function scopeOf({ accountId, region }: Region["target"]): string {
  return `${accountId} ${region}`;
}

interface Times {
  readonly requested: Map<string, number>;
  readonly running: ReadonlyMap<string, number>;
  /** The same ledger; it notes when spawns are first recorded as running. */
  watch(ledger: Ledger): Ledger;
}

function createTimes(now: () => number): Times {
  const running = new Map<string, number>();
  return {
    requested: new Map(),
    running,
    watch: (ledger) => ({
      ...ledger,
      async take(steps, spent) {
        const taken = await ledger.take(steps, spent);
        for (const { spawn } of taken ?? [])
          if (spawn.state === "running" && !running.has(nameOf(spawn)))
            running.set(nameOf(spawn), now());
        return taken;
      },
    }),
  };
}

/** Clouds of accounts with other callers. */
function sharedPlaces(regions: readonly Region[]): ReadonlySet<string> {
  return new Set(regions.filter(({ isShared }) => isShared).map(({ cloud }) => cloud.name));
}

function resultOf(
  auditor: Auditor,
  { requested: asked, running }: Times,
  sharedClouds: ReadonlySet<string>,
) {
  const states = new Map<string, number>();
  const failures = new Map<string, number>();
  const toMachine: Record<keyof Spread, number[]> = { exclusive: [], shared: [] };
  const toRunning: Record<keyof Spread, number[]> = { exclusive: [], shared: [] };
  const add = (counts: Map<string, number>, name: string): void => {
    counts.set(name, (counts.get(name) ?? 0) + 1);
  };
  for (const [name, { standing }] of auditor.records) {
    const { state, error, machine } = standing.spawn;
    add(states, state);
    if (state === "failed") add(failures, JSON.stringify(error?.["reason"]));
    const since = asked.get(name);
    const own = auditor.machines.get(machine?.id ?? "");
    const kind = sharedClouds.has(own?.cloud ?? "") ? "shared" : "exclusive";
    const ran = running.get(name);
    if (since === undefined || state !== "running") continue;
    if (own !== undefined) toMachine[kind].push(own.createdAt - since);
    if (ran !== undefined) toRunning[kind].push(ran - since);
  }
  return {
    states,
    failures,
    machines: auditor.machines.size,
    sweptMachines: auditor.swept,
    launches: auditor.requests.size,
    repeated: auditor.repeated.size,
    toMachine: sorted(toMachine),
    toRunning: sorted(toRunning),
  };
}

function sorted({ exclusive, shared }: Spread): Spread {
  const rising = (all: readonly number[]) => all.toSorted((one, other) => one - other);
  return { exclusive: rising(exclusive), shared: rising(shared) };
}
