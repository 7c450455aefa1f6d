import type { Slipway, Spawn } from "../src/index.ts";

/** Launches one machine for each task, with the task as its input, and returns the spawns by their label. */
export async function launchTasks(
  slipway: Slipway,
  workspace: string,
  tasks: readonly string[],
): Promise<readonly Spawn[]> {
  const labels = { burst: "tasks" };
  await slipway.spawnWorkspaces(
    tasks.map((task, place) => ({
      workspace,
      spawnId: `task-${place}`,
      env: { MODE: "review" },
      labels,
      input: { task },
    })),
  );
  return await slipway.listSpawns({ labels });
}
