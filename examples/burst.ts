import type { Slipway, Spawn } from "../src/index.ts";

export interface Burst {
  readonly workspace: string;
  readonly count: number;
  /** Receives progress messages for people. */
  readonly report: (line: string) => void;
}

/** Launches many machines at once. A spawn that fails does not affect the others. */
export async function launchMany(
  slipway: Slipway,
  { workspace, count, report }: Burst,
): Promise<readonly Spawn[]> {
  const wanted = Array.from({ length: count }, (_, place) => ({
    workspace,
    spawnId: `${workspace}-${place}`,
  }));
  const results = await slipway.spawnWorkspaces(wanted, {
    signal: AbortSignal.timeout(600_000),
    onEvent(notice) {
      if (notice.kind === "waiting") report(`${notice.spawnId} waits for ${notice.message}`);
    },
  });
  for (const { spawnId, error } of results)
    if (error !== null) report(`${spawnId}: ${error.message}`);
  return results.flatMap(({ spawn }) => (spawn?.state === "running" ? [spawn] : []));
}
