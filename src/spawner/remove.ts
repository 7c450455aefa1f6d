import type { DrivenSpawn } from "../ledger/ledger.ts";
import { acceptedAt, nextPause } from "./poll-interval.ts";
import { nextLaunch } from "./next-launch.ts";
import type { SpawnEvent } from "./state-machine.ts";
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
      const answer = await world.enderOf(task.adapter).end(machineId, task.signal);
      if (answer.outcome === "failed") throw answer.error;
      task.tries.reset();
      if (answer.outcome === "unknown" && world.clock.now() < known) {
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
