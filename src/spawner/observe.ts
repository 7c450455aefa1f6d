import type { Machine } from "../substrate/contract.ts";
import type { DrivenSpawn } from "./ledger.ts";
import { endedError, hasEnded } from "./machine-end.ts";
import { refusal } from "./next-launch.ts";
import type { SpawnEvent } from "./progress.ts";
import { isWorthRepeating } from "./spawn-errors.ts";
import { spawnMachine } from "./spawn-record.ts";
import type { SpawnerWorld, Task } from "./task.ts";

/** First and longest pause between two looks, in milliseconds: quick for a container, sparing for a VM. */
const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 5_000;

/** Looks at an accepted machine until it runs (and, watched, goes on running) or has ended. */
export async function observe(
  world: SpawnerWorld,
  task: Task,
  driven: DrivenSpawn,
): Promise<SpawnEvent> {
  const { adapter, signal, wish } = task;
  const id = driven.spawn.machine?.id ?? "";
  const watcher = world.watcherOf(adapter);
  const watch = wish.wait === "watched" ? adapter.capabilities.watchMilliseconds : 0;
  let pause = 0;
  let runningSince: number | null = null;
  for (;;) {
    let machine: Machine | null;
    try {
      machine = await watcher.look(id, pause, signal);
      task.tries.reset();
    } catch (caught) {
      if (signal.aborted || !isWorthRepeating(caught)) throw caught;
      if (!(await task.tries.pause(caught, signal))) return { kind: "out-of-time", error: caught };
      continue;
    }
    if (machine === null || hasEnded(machine)) {
      const secrets = await task.secrets(task.signal);
      const error = await endedError({ adapter, id, machine, secrets, signal });
      return await refusal(world, driven, "ended", error);
    }
    pause = pause === 0 ? FIRST_PAUSE : Math.min(pause * 2, LONGEST_PAUSE);
    if (machine.state === "running") {
      runningSince ??= world.clock.now();
      const left = runningSince + watch - world.clock.now();
      if (left <= 0) return { kind: "running", machine: spawnMachine(machine) };
      pause = Math.min(pause, left);
    }
  }
}
