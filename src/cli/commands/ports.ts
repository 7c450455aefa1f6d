import type { CliContext } from "../context.ts";
import { refreshSpawns } from "../spawning/refresh-spawns.ts";
import { withSlipway } from "../session.ts";
import { viewPorts } from "../views/port-view.ts";

export async function ports(context: CliContext, _flags: object, spawnId: string): Promise<void> {
  await withSlipway(context, async (slipway) => {
    await refreshSpawns(context, slipway, [spawnId]);
    const found = await slipway.listPorts(spawnId);
    await context.print(viewPorts(found));
    if (found.length === 0 && context.stdout.isTerminal)
      context.progress.hint(`the workspace of spawn ${spawnId} has no ports`);
  });
}
