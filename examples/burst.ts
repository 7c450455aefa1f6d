import type { Slipway, Spawn } from "../src/index.ts";

/** Makes many machines of one workspace at once. One that cannot be made takes none of the others with it. */
export async function launchMany(
  slipway: Slipway,
  workspace: string,
  count: number,
): Promise<readonly Spawn[]> {
  const wanted = Array.from({ length: count }, (_, place) => ({
    workspace,
    spawnId: `${workspace}-${place}`,
  }));
  const results = await slipway.spawnWorkspaces(wanted, {
    signal: AbortSignal.timeout(600_000),
    onEvent(notice) {
      if (notice.kind === "waiting")
        console.warn(`${notice.spawnId} waits for ${notice.message} (${notice.milliseconds} ms)`);
    },
  });
  for (const { spawnId, error } of results)
    if (error !== null) console.error(`${spawnId}: ${error.message} ${error.remedy ?? ""}`);
  return results.flatMap(({ spawn }) => (spawn?.state === "running" ? [spawn] : []));
}
