import type { CliContext } from "../context.ts";
import { withSlipway } from "../session.ts";
import { failureOf } from "../spawning/spawn-failure.ts";
import { reportProgress } from "../spawning/spawn-progress.ts";
import { viewSpawns } from "../views/spawn-view.ts";

export async function recover(context: CliContext): Promise<void> {
  await withSlipway(context, async (slipway) => {
    const recovered = await slipway.recover({
      signal: context.interrupt,
      onEvent: reportProgress(context.progress),
    });
    context.progress.clear();
    await context.print(viewSpawns(recovered.flatMap(({ spawn }) => spawn ?? [])));
    for (const { spawn, error } of recovered) {
      // A spawn that ended up terminated is not a failure: its termination was requested.
      const failure = error ?? (spawn === null ? null : failureOf({ spawn, sawEvents: false }));
      if (failure !== null) throw failure;
    }
  });
}
