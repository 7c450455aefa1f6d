import type { Slipway, Spawn } from "../src/index.ts";

export interface Burst {
  readonly workspace: string;
  readonly count: number;
  /** Told what a person may want to know on the way. */
  readonly tell: (line: string) => void;
}

/** Makes many machines at once. One that cannot be made takes none of the others with it. */
export async function launchMany(
  slipway: Slipway,
  { workspace, count, tell }: Burst,
): Promise<readonly Spawn[]> {
  const wanted = Array.from({ length: count }, (_, place) => ({
    workspace,
    spawnId: `${workspace}-${place}`,
  }));
  const results = await slipway.spawnWorkspaces(wanted, {
    signal: AbortSignal.timeout(600_000),
    onEvent(notice) {
      if (notice.kind === "waiting") tell(`${notice.spawnId} waits for ${notice.message}`);
    },
  });
  for (const { spawnId, error } of results)
    if (error !== null) tell(`${spawnId}: ${error.message}`);
  return results.flatMap(({ spawn }) => (spawn?.state === "running" ? [spawn] : []));
}
