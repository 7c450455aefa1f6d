import type { CliContext } from "../context.ts";
import { interrupted } from "../departure.ts";
import { withSlipway } from "../session.ts";
import { renderEvent } from "../views/event-view.ts";

export async function watch(
  context: CliContext,
  _flags: object,
  ...spawnIds: readonly string[]
): Promise<void> {
  const signal = AbortSignal.any([context.interrupt, context.stdout.closed]);
  const format = context.flags.output ?? (context.stdout.isTerminal ? "table" : "yaml");
  await withSlipway(context, async (slipway) => {
    for await (const event of slipway.watch([...new Set(spawnIds)], { signal })) {
      await context.stdout.write(await renderEvent(event, format));
      if (signal.aborted) break;
    }
  });
  if (context.interrupt.aborted) throw interrupted();
}
