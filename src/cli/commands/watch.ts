import type { CliContext } from "../context.ts";
import { interrupted } from "../shutdown.ts";
import { refreshSpawns } from "../spawning/refresh-spawns.ts";
import { withSlipway } from "../session.ts";
import { renderEvent } from "../views/event-view.ts";

export async function watch(
  context: CliContext,
  _flags: object,
  ...spawnIds: readonly string[]
): Promise<void> {
  const signal = AbortSignal.any([context.interrupt, context.stdout.closed]);
  const format = context.flags.output ?? (context.stdout.isTerminal ? "table" : "yaml");
  const ids = [...new Set(spawnIds)];
  await withSlipway(context, async (slipway) => {
    await refreshSpawns(context, slipway, ids);
    for await (const event of slipway.watch(ids, { signal })) {
      await context.stdout.write(await renderEvent(event, format));
      if (signal.aborted) break;
    }
  });
  if (context.interrupt.aborted) throw interrupted();
}
