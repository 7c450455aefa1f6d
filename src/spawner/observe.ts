import type { Sighting } from "../substrate/contract.ts";
import { machineSeen } from "../substrate/sighting.ts";
import type { DrivenSpawn } from "../ledger/ledger.ts";
import { acceptedAt, nextPause } from "./poll-interval.ts";
import { endedError, hasEnded } from "./machines/machine-end.ts";
import { refusal } from "./next-launch.ts";
import type { SpawnEvent } from "./state-machine.ts";
import { isWorthRepeating, stillPending } from "./spawn-errors.ts";
import { spawnMachine } from "../ledger/spawn-record.ts";
import type { SpawnerWorld, Task } from "./task.ts";

/**
 * Looks at an accepted machine until it runs (and, watched, goes on running), has ended, or has been pending for too
 * long.
 */
export async function observe(
  world: SpawnerWorld,
  task: Task,
  driven: DrivenSpawn,
): Promise<SpawnEvent> {
  const { adapter, signal, wish } = task;
  const { lagMilliseconds, pendingMilliseconds, watchMilliseconds } = adapter.capabilities;
  const id = driven.spawn.machine?.id ?? "";
  const watcher = world.watcherOf(adapter);
  const watch = wish.wait === "watched" ? watchMilliseconds : 0;
  const accepted = acceptedAt(driven, world.clock.now());
  let pause = 0;
  let runningSince: number | null = null;
  for (;;) {
    let sighting: Sighting;
    try {
      sighting = await watcher.look(id, pause, signal);
      task.tries.reset();
    } catch (caught) {
      if (signal.aborted || !isWorthRepeating(caught)) throw caught;
      if (!(await task.tries.pause(caught, signal))) return { kind: "out-of-time", error: caught };
      continue;
    }
    const age = world.clock.now() - accepted;
    const machine = machineSeen(sighting);
    const isAwaited = sighting === "unknown" && age < lagMilliseconds;
    if (!isAwaited && (machine === null || hasEnded(machine))) {
      const secrets = await task.secrets(task.signal);
      const error = await endedError({ adapter, id, machine, secrets, signal });
      return await refusal(world, driven, "ended", error);
    }
    pause = nextPause(pause);
    if (machine?.state === "running") {
      runningSince ??= world.clock.now();
      const left = runningSince + watch - world.clock.now();
      if (left <= 0) return { kind: "running", machine: spawnMachine(machine) };
      pause = Math.min(pause, left);
    } else if (age >= pendingMilliseconds)
      return { kind: "out-of-time", error: stillPending(driven.spawn, id, pendingMilliseconds) };
  }
}
