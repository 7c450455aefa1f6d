import type { Slipway, SpawnFilter } from "../../slipway/slipway.ts";
import type { CliContext } from "../context.ts";
import { untilInterrupted } from "../shutdown.ts";
import { createSpawnRows, viewSpawn } from "../views/spawn-view.ts";

/**
 * Prints the spawns of a list and then each change, until the command is interrupted: rows of a table by default, otherwise
 * one document for each spawn.
 */
export async function watchSpawns(
  context: CliContext,
  slipway: Slipway,
  filter: SpawnFilter,
): Promise<void> {
  const { flags, interrupt, stdout } = context;
  const signal = AbortSignal.any([interrupt, stdout.closed]);
  const isTable = (flags.output ?? "table") === "table" || flags.output === "wide";
  const rows = createSpawnRows();
  await untilInterrupted(interrupt, async () => {
    for await (const spawns of slipway.watchList(filter, { signal })) {
      if (isTable && flags.query === null)
        await context.printItem({
          value: [],
          format: "table",
          table: (display) => rows(spawns, display),
        });
      else for (const spawn of spawns) await context.printItem(viewSpawn(spawn));
      if (signal.aborted) break;
    }
  });
}
