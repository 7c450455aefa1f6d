import type { CliContext } from "../context.ts";
import { refreshSpawns } from "../spawning/refresh-spawns.ts";
import { withSlipway } from "../session.ts";
import { viewDescription } from "../views/spawn-view.ts";

export async function describe(
  context: CliContext,
  _flags: object,
  spawnId: string,
): Promise<void> {
  await withSlipway(context, async (slipway) => {
    await refreshSpawns(context, slipway, [spawnId]);
    await context.print(viewDescription(await slipway.describeSpawn(spawnId)));
  });
}
