import type { Auditor } from "./auditor.ts";
import { burstErrands, drawBursts } from "./bursts.ts";
import type { Appointment, Burst } from "./bursts.ts";
import { createCloud, LONGEST_LAG } from "./cloud.ts";
import type { SimulatedCloud } from "./cloud.ts";
import type { Spawner } from "./host.ts";
import { nameOf } from "./machine.ts";
import { keepPace } from "./mood.ts";
import type { Power } from "./power.ts";
import { CLOUD_KINDS, planOf } from "./plans.ts";
import type { CloudKind } from "./plans.ts";
import { createMeter, drawRates } from "./rates.ts";
import type { Scene } from "./scene.ts";
import type { Stage } from "./stage.ts";
import type { Errand, Wanted } from "./work.ts";

/** For how long troubles go on, in milliseconds. */
const TURMOIL = 90_000;
/** So many seeds have clouds that count the calls that arrive. */
const METERED = 0.2;
/** A host whose processes always die starts no more than so many. */
const MOST_PROCESSES = 10;
/** What is asked for beyond the first spawns, by how often. */
const KINDS = [
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

/** The clouds of a seed, and what is to be spawned in them. */
export function drawWorld(
  scene: Scene,
  auditor: Auditor,
): {
  readonly clouds: ReadonlyMap<CloudKind, SimulatedCloud>;
  readonly wanted: ReadonlyMap<string, Wanted>;
  readonly bursts: readonly Burst[];
} {
  const { random } = scene;
  scene.isMetered = random.chance(METERED);
  if (scene.isMetered) keepPace(scene.mood);
  const clouds = new Map<CloudKind, SimulatedCloud>();
  const wanted = new Map<string, Wanted>();
  const first = random.pick(CLOUD_KINDS);
  const zones = random.between(1, 3);
  const wish = { zones, tenant: "default", workspace: "agent-dev" };
  const bursts = drawBursts(random, { ...wish, kind: first }, wanted);
  const count = bursts.length === 0 ? random.pick([1, 1, 2, 2, 3]) : random.pick([0, 0, 1]);
  const kinds: CloudKind[] = bursts.length === 0 ? [] : [first];
  for (let number = 1; number <= count; number += 1) {
    const kind = random.chance(0.8) ? first : random.pick(CLOUD_KINDS);
    const key = { tenant: "default", spawnId: `spawn-${number}` };
    wanted.set(nameOf(key), { ...key, plan: planOf({ ...wish, kind }) });
    kinds.push(kind);
  }
  for (const kind of kinds) {
    if (clouds.has(kind)) continue;
    const plan = planOf({ ...wish, kind });
    const options = {
      kind,
      name: kind,
      meter: createMeter(scene, kind),
      places: plan.candidates.map(({ place }) => place),
      // A day, or short enough for a driver that was away to come too late.
      tokenMilliseconds: random.chance(0.25) ? random.between(20_000, 90_000) : 86_400_000,
      largestBatch: kind === "docker" ? 1 : random.pick([1_000, 1_000, 1_000, 4]),
      lag: random.pick([0, 500, 3_000, LONGEST_LAG]),
      showsTheDead: random.chance(0.3),
      rates:
        scene.isMetered || random.chance(0.3) ? drawRates(random, kind, scene.isMetered) : null,
    };
    clouds.set(kind, createCloud(scene, auditor, options));
  }
  return { clouds, wanted, bursts };
}

/** Everything that may go wrong, until the time for it is over. */
export async function disturb(stage: Stage, power: Power): Promise<void> {
  const { scene } = stage;
  const { scheduler } = scene;
  let isOver = false;
  scheduler.after(TURMOIL, () => {
    isOver = true;
  });
  const most = Math.max(1, ...stage.bursts.map(({ names }) => names.length));
  for (const cloud of stage.clouds.values()) disturbCloud(scene, cloud, most);
  const { errands, slots } = drawErrands(stage);
  power.threaten(TURMOIL);
  const spawners = new Map<number, Spawner>();
  for (let slot = 0; slot < slots; slot += 1) keepProcess(stage, spawners, slot);
  for (const { slot, at, errand } of errands)
    scheduler.after(at, () => {
      const spawner = spawners.get(slot);
      if (errand === "die") spawner?.process.die("in the midst of a burst");
      else if (spawner?.process.isAlive === true) stage.work.begin(spawner, errand);
    });
  const end = await scheduler.run(() => isOver || scene.violations.length > 0);
  if (end === "endless")
    scene.violate("every wait is bounded", `${scheduler.steps} steps and no end`);
}

/** A process in its place, and after its death the next one, which recovers what it finds. */
function keepProcess(stage: Stage, spawners: Map<number, Spawner>, slot: number): void {
  const { scene, hosts, work } = stage;
  const { random, scheduler, mood } = scene;
  const host = HOSTS[slot % 2] ?? "north";
  const start = (isRestart: boolean): void => {
    if (scene.isCalm || hosts.processes.size >= MOST_PROCESSES) return;
    const fatalCall = random.chance(mood.crash) ? 1 + Math.floor(random.next() ** 2 * 50) : null;
    const spawner = hosts.start(host, fatalCall, () =>
      scheduler.after(random.between(50, 40_000), () => start(true)),
    );
    spawners.set(slot, spawner);
    if (random.chance(mood.suddenDeath))
      scheduler.after(random.between(1, TURMOIL), () => spawner.process.die("out of the blue"));
    if (isRestart && random.chance(0.7)) work.begin(spawner, { kind: "recover" });
  };
  start(false);
}

function drawErrands({ scene, wanted, bursts }: Stage): {
  readonly slots: number;
  readonly errands: readonly Appointment[];
} {
  const { random } = scene;
  const slots = random.between(1, 3);
  const names = [...wanted.keys()];
  const inBursts = new Set(bursts.flatMap((burst) => burst.names));
  const begin = random.between(0, 5_000);
  const errands: Appointment[] = bursts.flatMap((burst) =>
    burstErrands(random, burst, { slots, begin: begin + random.pick([0, 0, 200, 20_000]) }),
  );
  const add = (at: number, errand: Errand) =>
    errands.push({ slot: random.between(0, slots - 1), at, errand });
  for (const name of names)
    if (!inBursts.has(name)) add(random.between(0, 2_000), about(scene, "spawn", name));
  // Somebody sweeps all the time.
  if (random.chance(0.25))
    for (let at = random.between(1_000, 20_000); at < TURMOIL; at += random.between(2_000, 20_000))
      add(at, { kind: "sweep", grace: random.pick([10_000, 30_000]) });
  for (let more = random.between(0, 7); more > 0; more -= 1) {
    const at = random.chance(0.4) ? random.between(0, 3_000) : random.between(0, TURMOIL);
    const name = names[random.between(0, names.length - 1)] ?? "";
    const kind = random.pick(KINDS);
    if (kind === "sweep") add(at, { kind, grace: random.pick([10_000, 30_000]) });
    else if (kind === "recover" || kind === "refresh") add(at, { kind });
    else add(at, about(scene, kind, name));
  }
  return { slots, errands };
}

function about({ random }: Scene, kind: "spawn" | "attend" | "terminate", name: string): Errand {
  return {
    kind,
    name,
    wait: random.pick(["accepted", "running", "watched", "settled"]),
    cancelAfter: random.chance(0.2) ? random.between(1, 30_000) : null,
    detachAfter: random.chance(0.15) ? random.between(1, 30_000) : null,
  };
}

/**
 * Places fill and empty; at times nothing gets through at all.
 *
 * @param most machines that a place has room for, at the most, where it is filling
 */
function disturbCloud(scene: Scene, cloud: SimulatedCloud, most: number): void {
  const { random, scheduler } = scene;
  const fills = random.chance(0.6);
  for (const place of cloud.places)
    if (fills && random.chance(0.6)) cloud.room.set(place, random.between(0, most));
  for (let changes = fills ? random.between(0, 3) : 0; changes > 0; changes -= 1)
    scheduler.after(random.between(1, TURMOIL), () => {
      const place = cloud.places[random.between(0, cloud.places.length - 1)] ?? "";
      if (scene.isCalm) return;
      if (random.chance(0.5)) cloud.room.delete(place);
      else cloud.room.set(place, random.between(0, most));
      scene.tell(cloud.name, () => `has room for ${cloud.room.get(place) ?? "all"} in ${place}`);
    });
  if (random.chance(0.15))
    scheduler.after(random.between(1, TURMOIL), () => {
      if (scene.isCalm) return;
      const length = random.between(2_000, 60_000);
      cloud.outUntil = scheduler.now() + length;
      scene.tell(cloud.name, () => `cannot be reached for ${length} ms`);
    });
}
