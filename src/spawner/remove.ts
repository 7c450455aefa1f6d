import type { DrivenSpawn } from "./ledger.ts";
import { acceptedAt, nextPause } from "./looks.ts";
import { nextLaunch } from "./next-launch.ts";
import type { SpawnEvent } from "./progress.ts";
import { isWorthRepeating } from "./spawn-errors.ts";
import type { SpawnerWorld, Task } from "./task.ts";

/**
 * Takes a machine away, until it is gone or the time for it has run out. One that its provider does not know yet is
 * asked for again: what was launched a moment ago is there, and would stay.
 */
export async function remove(
  world: SpawnerWorld,
  task: Task,
  driven: DrivenSpawn,
  machineId: string,
): Promise<SpawnEvent> {
  const { lagMilliseconds } = task.adapter.capabilities;
  const known = acceptedAt(driven, world.clock.now()) + lagMilliseconds;
  let pause = 0;
  for (;;) {
    try {
      const outcome = await terminateMachine(task, machineId);
      task.tries.reset();
      if (outcome === "unknown" && world.clock.now() < known) {
        pause = nextPause(pause);
        await world.clock.sleep(pause, task.signal);
        continue;
      }
      const next = driven.spawn.state === "booting" ? await nextLaunch(world, driven, null) : null;
      return { kind: "removed", next };
    } catch (caught) {
      if (!isWorthRepeating(caught)) throw caught;
      if (!(await task.tries.pause(caught, task.signal)))
        return { kind: "out-of-time", error: caught };
    }
  }
}

/** Ends a machine; success when it is already gone, or not known. */
export async function terminateMachine(
  { adapter, signal }: Pick<Task, "adapter" | "signal">,
  machineId: string,
): Promise<"terminated" | "unknown"> {
  const [answer] = await adapter.terminate([machineId], signal);
  if (answer?.outcome === "failed") throw answer.error;
  return answer?.outcome ?? "unknown";
}
