import type { CliContext } from "../context.ts";
import { untilInterrupted } from "../shutdown.ts";
import { parseSince } from "../arguments/duration.ts";
import { refreshSpawns } from "../spawning/refresh-spawns.ts";
import { withSlipway } from "../session.ts";
import { viewEvent } from "../views/event-view.ts";

interface WatchFlags {
  readonly since?: string;
  readonly until?: "settled";
}

export async function watch(
  context: CliContext,
  flags: WatchFlags,
  ...spawnIds: readonly string[]
): Promise<void> {
  const signal = AbortSignal.any([context.interrupt, context.stdout.closed]);
  const { since, until = "aborted" } = flags;
  const begin = startOf(since, context.now());
  const ids = [...new Set(spawnIds)];
  await untilInterrupted(context.interrupt, () =>
    withSlipway(context, async (slipway) => {
      await refreshSpawns(context, slipway, ids);
      for await (const event of slipway.watch(ids, { since: begin, until, signal })) {
        await context.printItem(viewEvent(event));
        if (signal.aborted) break;
      }
    }),
  );
}

/** By default now, which is before the refresh, whose findings are among the events. */
function startOf(since: string | undefined, now: number): string {
  if (since === undefined) return new Date(now).toISOString();
  return since === "all" ? since : parseSince(since, now);
}
