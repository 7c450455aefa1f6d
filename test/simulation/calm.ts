import { LARGEST_SKEW } from "./auditor.ts";
import { isLive } from "./machine.ts";
import type { Spawner } from "./host.ts";
import { LONGEST_LAG } from "./cloud.ts";
import type { Stage } from "./stage.ts";
import type { Command, RunningCommand } from "./work.ts";

/** The longest time until the lease of a dead worker has expired by every host's clock, in milliseconds. */
const LONGEST_LEASE = 30_000 + 2 * LARGEST_SKEW;
/** Time between the two sweeps, in milliseconds. */
const GRACE = 60_000;
/** The longest wait without faults, in milliseconds. */
const LONGEST_WAIT = 20 * 60_000;

/**
 * Brings the simulation to rest: faults stop, delayed requests arrive, and a new process recovers the unfinished spawns
 * and sweeps twice. Then checks the final state.
 */
export async function calmAndCheck(stage: Stage): Promise<void> {
  const { scene, hosts, clouds } = stage;
  const { random, scheduler } = scene;
  scene.calmDown();
  for (const cloud of clouds.values()) {
    cloud.capacity.clear();
    cloud.refusals.clear();
    cloud.unreachableUntil = 0;
  }
  if (random.chance(0.5))
    for (const process of hosts.processes.values()) process.die("together with all others");
  const fresh = hosts.start(random.chance(0.5) ? "north" : "east", null, () => undefined);
  if (random.chance(0.5)) stage.work.begin(fresh, { kind: "recover" });
  if (!(await waitUntilDone(stage))) return;
  // No command waits any more for machines that stay pending, so they may boot now.
  for (const cloud of clouds.values()) cloud.releasePending();
  const left = scene.lastArrival - scheduler.now();
  if (!(await pause(stage, Math.max(left, 0) + LONGEST_LEASE))) return;
  // A late arrival may have released a spawn's lease, so recovery comes after it.
  for (const command of [{ kind: "recover" }, { kind: "refresh" }] as const)
    if (!(await runCommand(stage, fresh, command))) return;
  // Wait until listings show the latest launches.
  if (!(await pause(stage, LONGEST_LAG))) return;
  if (!(await runCommand(stage, fresh, { kind: "sweep", grace: GRACE }))) return;
  if (!(await pause(stage, GRACE))) return;
  if (!(await runCommand(stage, fresh, { kind: "sweep", grace: GRACE }))) return;
  checkFinalState(stage);
}

async function runCommand(stage: Stage, spawner: Spawner, command: Command): Promise<boolean> {
  const task = stage.work.begin(spawner, command);
  if (!(await waitUntilDone(stage))) return false;
  if (task.failure === null) return true;
  stage.scene.violate("without faults every command succeeds", `${task.what}: ${task.failure}`);
  return false;
}

/** Runs until no command is waiting. False if that does not happen. */
async function waitUntilDone({ scene, work }: Stage): Promise<boolean> {
  const { scheduler, violations } = scene;
  const waiting = (): RunningCommand | undefined => {
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
      `${last.spawner.process.id} still runs ${last.what} (${end})`,
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

/** Checks that the final state is the promised one. */
function checkFinalState({ scene, auditor }: Stage): void {
  const live = [...auditor.machines.values()].filter(isLive);
  const owned = Map.groupBy(live, ({ spawn }) => spawn);
  for (const [spawn, { standing }] of auditor.records) {
    const { state, machine } = standing.spawn;
    const own = owned.get(spawn) ?? [];
    const names = own.map(({ id }) => id).join(" and ") || "none";
    if (state === "running") {
      if (own.length !== 1 || own[0]?.id !== machine?.id)
        scene.violate(
          "a running spawn has exactly one live machine",
          `${spawn} has ${machine?.id} on record; live: ${names}`,
        );
    } else if (state !== "terminated" && state !== "failed")
      scene.violate("recovery finishes every spawn", `${spawn} is ${state}`);
    else if (own.length > 0)
      scene.violate("a finished spawn has no machines left", `${spawn} is ${state}: ${names} live`);
  }
  for (const machine of live)
    if (!auditor.records.has(machine.spawn))
      scene.violate("every machine is claimed by a spawn", `${machine.id} of ${machine.spawn}`);
}
