import { createMemoryLedger } from "../../../src/ledger/memory-ledger.ts";
import type { Ledger } from "../../../src/ledger/ledger.ts";
import { createAuditor } from "../auditor.ts";
import type { Auditor } from "../auditor.ts";
import { calmAndJudge } from "../calm.ts";
import { createHosts } from "../host.ts";
import { nameOf } from "../machine.ts";
import { calmMood } from "../mood.ts";
import type { Mood } from "../mood.ts";
import { createRandom } from "../random.ts";
import type { Random } from "../random.ts";
import { createScene } from "../scene.ts";
import type { Violation } from "../scene.ts";
import { createScheduler, START } from "../scheduler.ts";
import { createWork } from "../work.ts";
import type { Errand, Wanted, Work } from "../work.ts";
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
  /** Spawns by the state that they came to. */
  readonly states: ReadonlyMap<string, number>;
  /** Failed spawns by their reason. */
  readonly failures: ReadonlyMap<string, number>;
  readonly machines: number;
  readonly sweptMachines: number;
  /** Launches that were asked for, and how often one was repeated. */
  readonly launches: number;
  readonly repeated: number;
  readonly calls: CallCounts;
  /** From when a spawn was asked for to when its machine was born, and to when it was on record as running. */
  readonly toMachine: Spread;
  readonly toRunning: Spread;
  /** Virtual: until every spawn had settled, all bursts included. */
  readonly milliseconds: number;
  readonly steps: number;
}

/** Milliseconds, shortest first: in accounts that nobody else uses, and in those that others use too. */
export interface Spread {
  readonly alone: readonly number[];
  readonly shared: readonly number[];
}

const TENANTS = ["default", "acme"];
const REGION_NAMES = ["us-east-1", "us-west-2", "eu-west-1", "ap-south-1"];
/** All bursts begin within it, in milliseconds. */
const RUSH = 60_000;
/** When one of the processes is killed, and after how long the next one takes its place. */
const DEATH = 30_000;
const RESTART = 5_000;
const MOST_STEPS = 100_000_000;

/** What goes wrong now and then: of a thousand calls, a few; of a thousand machines, five. */
const TROUBLE: Partial<Mood> = {
  lostRequest: 0.003,
  lostReply: 0.003,
  failedAfter: 0.003,
  bootsFull: 0.005,
};

interface Burst {
  readonly names: readonly string[];
  readonly at: number;
}

/** Many spawns of many accounts at once, by processes that share one ledger. */
export async function runScale(options: ScaleOptions): Promise<ScaleResult> {
  const random = createRandom(options.seed);
  const scheduler = createScheduler(random, MOST_STEPS);
  const scene = createScene(random, scheduler, { ...calmMood(), ...TROUBLE }, null);
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
        times.asked.set(name, scheduler.now());
        shares[slot]?.push(name);
        const spawner = spawners[slot];
        if (spawner?.process.isAlive === true) work.begin(spawner, spawnOf(name));
      }
    });
  scheduler.after(DEATH, () => spawners[0]?.process.die("in the midst of it all"));
  // Another one takes up what it left, and is asked for the same as it was.
  scheduler.after(DEATH + RESTART, () => {
    const next = hosts.start(hostOf(0), null, () => undefined);
    spawners[0] = next;
    work.begin(next, { kind: "recover" });
    for (const name of shares[0] ?? []) work.begin(next, spawnOf(name));
  });
  let isRushOver = false;
  scheduler.after(RUSH, () => {
    isRushOver = true;
  });
  await scheduler.run(() => scene.violations.length > 0 || (isRushOver && isIdle(work)));
  const milliseconds = scheduler.now() - START;
  const stage = { scene, auditor, clouds, wanted, bursts: [], hosts, work };
  if (scene.violations.length === 0) await calmAndJudge(stage);
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

/** A burst for each tenant in each region of each account. */
function drawBursts(
  random: Random,
  regions: readonly Region[],
  { spawns }: ScaleOptions,
): { readonly wanted: ReadonlyMap<string, Wanted>; readonly bursts: readonly Burst[] } {
  const wanted = new Map<string, Wanted>();
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
    return { names, at: random.between(0, RUSH - 1) };
  });
  return { wanted, bursts };
}

function spawnOf(name: string): Errand {
  return { kind: "spawn", name, wait: "running", cancelAfter: null, detachAfter: null };
}

function isIdle(work: Work): boolean {
  for (const task of work.open) {
    if (task.spawner.process.isAlive) return false;
    work.open.delete(task);
  }
  return true;
}

/** Processes are on two hosts. */
function hostOf(index: number): string {
  return index % 2 === 0 ? "north" : "south";
}

function scopeOf({ accountId, region }: Region["target"]): string {
  return `${accountId} ${region}`;
}

interface Times {
  readonly asked: Map<string, number>;
  readonly running: ReadonlyMap<string, number>;
  /** The same ledger, which tells when spawns are first on record as running. */
  watch(ledger: Ledger): Ledger;
}

function createTimes(now: () => number): Times {
  const running = new Map<string, number>();
  return {
    asked: new Map(),
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

/** Clouds of accounts that others use too. */
function sharedPlaces(regions: readonly Region[]): ReadonlySet<string> {
  return new Set(regions.filter(({ isShared }) => isShared).map(({ cloud }) => cloud.name));
}

function resultOf(auditor: Auditor, { asked, running }: Times, sharedClouds: ReadonlySet<string>) {
  const states = new Map<string, number>();
  const failures = new Map<string, number>();
  const toMachine: Record<keyof Spread, number[]> = { alone: [], shared: [] };
  const toRunning: Record<keyof Spread, number[]> = { alone: [], shared: [] };
  const add = (counts: Map<string, number>, name: string): void => {
    counts.set(name, (counts.get(name) ?? 0) + 1);
  };
  for (const [name, { standing }] of auditor.records) {
    const { state, error, machine } = standing.spawn;
    add(states, state);
    if (state === "failed") add(failures, JSON.stringify(error?.["reason"]));
    const since = asked.get(name);
    const own = auditor.machines.get(machine?.id ?? "");
    const kind = sharedClouds.has(own?.cloud ?? "") ? "shared" : "alone";
    const ran = running.get(name);
    if (since === undefined || state !== "running") continue;
    if (own !== undefined) toMachine[kind].push(own.bornAt - since);
    if (ran !== undefined) toRunning[kind].push(ran - since);
  }
  return {
    states,
    failures,
    machines: auditor.machines.size,
    sweptMachines: auditor.swept,
    launches: auditor.asked.size,
    repeated: auditor.repeated.size,
    toMachine: sorted(toMachine),
    toRunning: sorted(toRunning),
  };
}

function sorted({ alone, shared }: Spread): Spread {
  const rising = (all: readonly number[]) => all.toSorted((one, other) => one - other);
  return { alone: rising(alone), shared: rising(shared) };
}
