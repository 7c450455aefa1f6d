import { LARGEST_SKEW } from "./auditor.ts";
import { isLive } from "./machine.ts";
import type { Spawner } from "./host.ts";
import { LONGEST_LAG } from "./cloud.ts";
import type { Stage } from "./stage.ts";
import type { Errand, Running } from "./work.ts";

/** A lease of a driver that died goes for so long by any host's clock, in milliseconds. */
const LONGEST_LEASE = 30_000 + 2 * LARGEST_SKEW;
/** Between the two sweeps, in milliseconds. */
const GRACE = 60_000;
/** In a calm world nobody waits for longer, in milliseconds. */
const LONGEST_WAIT = 20 * 60_000;

/**
 * The world comes to rest: no more troubles, what is under way arrives, a fresh process recovers what is unfinished, and
 * sweeps twice. What is left is judged.
 */
export async function calmAndJudge(stage: Stage): Promise<void> {
  const { scene, hosts, clouds } = stage;
  const { random, scheduler } = scene;
  scene.calmDown();
  for (const cloud of clouds.values()) {
    cloud.room.clear();
    cloud.outUntil = 0;
  }
  if (random.chance(0.5))
    for (const process of hosts.processes.values()) process.die("with all others");
  const fresh = hosts.start(random.chance(0.5) ? "north" : "east", null, () => undefined);
  if (random.chance(0.5)) stage.work.begin(fresh, { kind: "recover" });
  if (!(await allDone(stage))) return;
  // Nobody waits any more for what never came up: now it may.
  for (const cloud of clouds.values()) cloud.unhang();
  const left = scene.lastArrival - scheduler.now();
  if (!(await pause(stage, Math.max(left, 0) + LONGEST_LEASE))) return;
  // What came late may have freed a spawn's driver, so that recovery follows it.
  for (const errand of [{ kind: "recover" }, { kind: "refresh" }] as const)
    if (!(await finish(stage, fresh, errand))) return;
  // Until listings show what was launched last.
  if (!(await pause(stage, LONGEST_LAG))) return;
  if (!(await finish(stage, fresh, { kind: "sweep", grace: GRACE }))) return;
  if (!(await pause(stage, GRACE))) return;
  if (!(await finish(stage, fresh, { kind: "sweep", grace: GRACE }))) return;
  judge(stage);
}

async function finish(stage: Stage, spawner: Spawner, errand: Errand): Promise<boolean> {
  const task = stage.work.begin(spawner, errand);
  if (!(await allDone(stage))) return false;
  if (task.failure === null) return true;
  stage.scene.violate("in a calm world everything works", `${task.what}: ${task.failure}`);
  return false;
}

/** Lets the world go on until nobody waits any more. False where that never comes. */
async function allDone({ scene, work }: Stage): Promise<boolean> {
  const { scheduler, violations } = scene;
  const waiting = (): Running | undefined => {
    for (const task of work.open) {
      if (task.spawner.process.isAlive) return task;
      work.open.delete(task);
    }
    return undefined;
  };
  const deadline = scheduler.now() + LONGEST_WAIT;
  const end = await scheduler.run(
    () => violations.length > 0 || scheduler.now() > deadline || waiting() === undefined,
  );
  const last = waiting();
  if (violations.length === 0 && last !== undefined)
    scene.violate(
      "every wait is bounded",
      `${last.spawner.process.id} still waits for ${last.what} (${end})`,
    );
  return violations.length === 0;
}

async function pause({ scene }: Stage, milliseconds: number): Promise<boolean> {
  const { scheduler, violations } = scene;
  let isOver = false;
  scheduler.after(milliseconds, () => {
    isOver = true;
  });
  await scheduler.run(() => isOver || violations.length > 0);
  return violations.length === 0;
}

/** Nothing is left to do: what is there is what was promised. */
function judge({ scene, auditor }: Stage): void {
  const live = [...auditor.machines.values()].filter(isLive);
  const owned = Map.groupBy(live, ({ spawn }) => spawn);
  for (const [spawn, { standing }] of auditor.records) {
    const { state, machine } = standing.spawn;
    const own = owned.get(spawn) ?? [];
    const names = own.map(({ id }) => id).join(" and ") || "none";
    if (state === "running") {
      if (own.length !== 1 || own[0]?.id !== machine?.id)
        scene.violate(
          "a running spawn has its one live machine",
          `${spawn} has ${machine?.id} on record, and live: ${names}`,
        );
    } else if (state !== "terminated" && state !== "failed")
      scene.violate("recovery finishes every spawn", `${spawn} is ${state}`);
    else if (own.length > 0)
      scene.violate("nothing is left of a finished spawn", `${spawn} is ${state}: ${names} lives`);
  }
  for (const machine of live)
    if (!auditor.records.has(machine.spawn))
      scene.violate("nobody claims no machine", `${machine.id} of ${machine.spawn}`);
}
