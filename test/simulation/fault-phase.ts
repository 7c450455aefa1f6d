import type { Auditor } from "./auditor.ts";
import { burstCommands, drawBursts } from "./bursts.ts";
import type { ScheduledCommand, Burst } from "./bursts.ts";
import { createCloud, LONGEST_LAG } from "./cloud.ts";
import type { SimulatedCloud } from "./cloud.ts";
import type { Spawner } from "./host.ts";
import { nameOf, poolOf } from "./machine.ts";
import { removeUnpacedFaults } from "./fault-rates.ts";
import type { Power } from "./power.ts";
import { CLOUD_KINDS, MARKETS, planOf, subnetsOf } from "./plans.ts";
import type { CloudKind } from "./plans.ts";
import { createRandom } from "./random.ts";
import { createMeter, drawRates } from "./rates.ts";
import { marketOverQuota, subnetFull } from "./refusals.ts";
import type { Scene } from "./scene.ts";
import type { Stage } from "./stage.ts";
import type { Command, WantedSpawn } from "./work.ts";

/** Duration of the fault phase, in milliseconds. */
const FAULT_PHASE = 90_000;
/** Probability that the clouds of a seed count the calls that arrive. */
const METERED = 0.2;
/** Maximum number of processes that a host starts one after another. */
const MAXIMUM_PROCESSES = 10;
/** The commands besides the first spawns, weighted by how often they occur. */
const COMMAND_KINDS = [
  "spawn",
  "spawn",
  "attend",
  "terminate",
  "recover",
  "recover",
  "sweep",
  "sweep",
  "refresh",
] as const;
const HOSTS = ["north", "south", "west"];

/** The number of machine types of a seed's plans, from a generator of its own: seeds with one keep their stories. */
export function machineTypesOf(seed: number): number {
  return createRandom(seed ^ 0x74_79_70).pick([1, 1, 2, 3]);
}

/**
 * The clouds of a seed, and its spawns.
 *
 * @param types number of machine types
 */
export function drawWorld(
  scene: Scene,
  auditor: Auditor,
  types: number,
): {
  readonly clouds: ReadonlyMap<CloudKind, SimulatedCloud>;
  readonly wanted: ReadonlyMap<string, WantedSpawn>;
  readonly bursts: readonly Burst[];
} {
  const { random } = scene;
  scene.isMetered = random.chance(METERED);
  if (scene.isMetered) removeUnpacedFaults(scene.faultRates);
  const clouds = new Map<CloudKind, SimulatedCloud>();
  const wanted = new Map<string, WantedSpawn>();
  const first = random.pick(CLOUD_KINDS);
  const zones = random.between(1, 3);
  const isVaried = first !== "docker" && random.chance(0.5);
  const parameters = { zones, types, isVaried, tenant: "default", workspace: "agent-dev" };
  const bursts = drawBursts(random, { ...parameters, kind: first }, wanted);
  const count = bursts.length === 0 ? random.pick([1, 1, 2, 2, 3]) : random.pick([0, 0, 1]);
  const kinds: CloudKind[] = bursts.length === 0 ? [] : [first];
  for (let number = 1; number <= count; number += 1) {
    const kind = random.chance(0.8) ? first : random.pick(CLOUD_KINDS);
    const key = { tenant: "default", spawnId: `spawn-${number}` };
    wanted.set(nameOf(key), { ...key, plan: planOf({ ...parameters, kind }) });
    kinds.push(kind);
  }
  for (const kind of kinds) {
    if (clouds.has(kind)) continue;
    const plan = planOf({ ...parameters, kind });
    const options = {
      kind,
      name: kind,
      meter: createMeter(scene, kind),
      places: [...new Set(plan.candidates.map(({ place }) => place))],
      pools: [...new Set(plan.candidates.map(poolOf))],
      // A day, or so short that a worker that was away returns too late.
      tokenMilliseconds: random.chance(0.25) ? random.between(20_000, 90_000) : 86_400_000,
      maximumBatch: kind === "docker" ? 1 : random.pick([1_000, 1_000, 1_000, 4]),
      lag: random.pick([0, 500, 3_000, LONGEST_LAG]),
      returnsTerminated: random.chance(0.3),
      rates:
        scene.isMetered || random.chance(0.3) ? drawRates(random, kind, scene.isMetered) : null,
    };
    clouds.set(kind, createCloud(scene, auditor, options));
  }
  return { clouds, wanted, bursts };
}

/** Runs the fault phase until its time is over. */
export async function runFaultPhase(stage: Stage, power: Power): Promise<void> {
  const { scene } = stage;
  const { scheduler } = scene;
  let isOver = false;
  scheduler.after(FAULT_PHASE, () => {
    isOver = true;
  });
  const most = Math.max(1, ...stage.bursts.map(({ names }) => names.length));
  for (const cloud of stage.clouds.values()) {
    disturbCloud(scene, cloud, most);
    refuseCandidates(scene, cloud);
  }
  const { commands, slots } = drawCommands(stage);
  power.scheduleCut(FAULT_PHASE);
  const spawners = new Map<number, Spawner>();
  for (let slot = 0; slot < slots; slot += 1) keepProcess(stage, spawners, slot);
  for (const { slot, at, command } of commands)
    scheduler.after(at, () => {
      const spawner = spawners.get(slot);
      if (command === "die") spawner?.process.die("during a burst");
      else if (spawner?.process.isAlive === true) stage.work.begin(spawner, command);
    });
  const end = await scheduler.run(() => isOver || scene.violations.length > 0);
  if (end === "endless")
    scene.violate("every wait is bounded", `${scheduler.steps} steps and no end`);
}

/** Runs the process of a slot, and after its death a new one, which recovers what it finds. */
function keepProcess(stage: Stage, spawners: Map<number, Spawner>, slot: number): void {
  const { scene, hosts, work } = stage;
  const { random, scheduler, faultRates } = scene;
  const host = HOSTS[slot % 2] ?? "north";
  const start = (isRestart: boolean): void => {
    if (scene.isCalm || hosts.processes.size >= MAXIMUM_PROCESSES) return;
    const fatalCall = random.chance(faultRates.crash)
      ? 1 + Math.floor(random.next() ** 2 * 50)
      : null;
    const spawner = hosts.start(host, fatalCall, () =>
      scheduler.after(random.between(50, 40_000), () => start(true)),
    );
    spawners.set(slot, spawner);
    if (random.chance(faultRates.suddenDeath))
      scheduler.after(random.between(1, FAULT_PHASE), () =>
        spawner.process.die("at a random time"),
      );
    if (isRestart && random.chance(0.7)) work.begin(spawner, { kind: "recover" });
  };
  start(false);
}

function drawCommands({ scene, wanted, bursts }: Stage): {
  readonly slots: number;
  readonly commands: readonly ScheduledCommand[];
} {
  const { random } = scene;
  const slots = random.between(1, 3);
  const names = [...wanted.keys()];
  const inBursts = new Set(bursts.flatMap((burst) => burst.names));
  const begin = random.between(0, 5_000);
  const commands: ScheduledCommand[] = bursts.flatMap((burst) =>
    burstCommands(random, burst, { slots, begin: begin + random.pick([0, 0, 200, 20_000]) }),
  );
  const add = (at: number, command: Command) =>
    commands.push({ slot: random.between(0, slots - 1), at, command });
  for (const name of names)
    if (!inBursts.has(name)) add(random.between(0, 2_000), spawnCommand(scene, "spawn", name));
  // Some seeds sweep continuously.
  if (random.chance(0.25))
    for (
      let at = random.between(1_000, 20_000);
      at < FAULT_PHASE;
      at += random.between(2_000, 20_000)
    )
      add(at, { kind: "sweep", grace: random.pick([10_000, 30_000]) });
  for (let more = random.between(0, 7); more > 0; more -= 1) {
    const at = random.chance(0.4) ? random.between(0, 3_000) : random.between(0, FAULT_PHASE);
    const name = names[random.between(0, names.length - 1)] ?? "";
    const kind = random.pick(COMMAND_KINDS);
    if (kind === "sweep") add(at, { kind, grace: random.pick([10_000, 30_000]) });
    else if (kind === "recover" || kind === "refresh") add(at, { kind });
    else add(at, spawnCommand(scene, kind, name));
  }
  return { slots, commands: commands };
}

function spawnCommand(
  { random }: Scene,
  kind: "spawn" | "attend" | "terminate",
  name: string,
): Command {
  return {
    kind,
    name,
    wait: random.pick(["accepted", "running", "watched", "settled"]),
    cancelAfter: random.chance(0.2) ? random.between(1, 30_000) : null,
    detachAfter: random.chance(0.15) ? random.between(1, 30_000) : null,
  };
}

/** Makes a cloud refuse some markets, and EC2 some subnets, from the start, some of them for a time. */
function refuseCandidates(scene: Scene, { kind, name, places, refusals }: SimulatedCloud): void {
  const { random, scheduler } = scene;
  if (kind === "docker" || !random.chance(0.6)) return;
  const subnets = kind === "ec2" ? places.flatMap(subnetsOf) : [];
  const all = new Map([
    ...MARKETS.map((market) => [market, marketOverQuota(market)] as const),
    ...subnets.map((subnet) => [subnet, subnetFull(subnet)] as const),
  ]);
  for (const [subject, refusal] of all) {
    if (!random.chance(0.35)) continue;
    refusals.set(subject, refusal);
    scene.narrate(name, () => `refuses: ${refusal.message}`);
    if (random.chance(0.5))
      scheduler.after(random.between(1, FAULT_PHASE), () => refusals.delete(subject));
  }
}

/**
 * Changes the capacity of pools, and makes the cloud unreachable at times.
 *
 * @param maximum maximum capacity of a pool, in machines, while it is filling up
 */
function disturbCloud(scene: Scene, cloud: SimulatedCloud, maximum: number): void {
  const { random, scheduler } = scene;
  const fills = random.chance(0.6);
  for (const pool of cloud.pools)
    if (fills && random.chance(0.6)) cloud.capacity.set(pool, random.between(0, maximum));
  for (let changes = fills ? random.between(0, 3) : 0; changes > 0; changes -= 1)
    scheduler.after(random.between(1, FAULT_PHASE), () => {
      const pool = cloud.pools[random.between(0, cloud.pools.length - 1)] ?? "";
      if (scene.isCalm) return;
      if (random.chance(0.5)) cloud.capacity.delete(pool);
      else cloud.capacity.set(pool, random.between(0, maximum));
      scene.narrate(
        cloud.name,
        () => `has capacity for ${cloud.capacity.get(pool) ?? "all"} (${pool})`,
      );
    });
  if (random.chance(0.15))
    scheduler.after(random.between(1, FAULT_PHASE), () => {
      if (scene.isCalm) return;
      const length = random.between(2_000, 60_000);
      cloud.unreachableUntil = scheduler.now() + length;
      scene.narrate(cloud.name, () => `is unreachable for ${length} ms`);
    });
}
