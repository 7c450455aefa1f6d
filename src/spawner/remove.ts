import type { DrivenSpawn } from "./ledger.ts";
import { nextLaunch } from "./next-launch.ts";
import type { SpawnEvent } from "./progress.ts";
import { isWorthRepeating } from "./spawn-errors.ts";
import type { SpawnerWorld, Task } from "./task.ts";

/** Takes a machine away, until it is gone or the time for it has run out. */
export async function remove(
  world: SpawnerWorld,
  task: Task,
  driven: DrivenSpawn,
  machineId: string,
): Promise<SpawnEvent> {
  for (;;) {
    try {
      await terminateMachine(task, machineId);
      task.tries.reset();
      const next = driven.spawn.state === "booting" ? await nextLaunch(world, driven, null) : null;
      return { kind: "removed", next };
    } catch (caught) {
      if (!isWorthRepeating(caught)) throw caught;
      if (!(await task.tries.pause(caught, task.signal)))
        return { kind: "out-of-time", error: caught };
    }
  }
}

/** Ends a machine; success when it is already gone. */
export async function terminateMachine(
  { adapter, signal }: Pick<Task, "adapter" | "signal">,
  machineId: string,
): Promise<void> {
  const [outcome] = await adapter.terminate([machineId], signal);
  if (outcome?.outcome === "failed") throw outcome.error;
}
