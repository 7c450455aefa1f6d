import type { CliContext } from "../context.ts";
import { withSlipway } from "../session.ts";
import { viewDescription } from "../views/spawn-view.ts";

export async function describe(
  context: CliContext,
  _flags: object,
  spawnId: string,
): Promise<void> {
  await withSlipway(context, async (slipway) => {
    await context.print(viewDescription(await slipway.describeSpawn(spawnId)));
  });
}
