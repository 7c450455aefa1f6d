import type { CliContext } from "../context.ts";
import { withSlipway } from "../session.ts";
import { failureOf } from "../spawning/spawn-failure.ts";
import { tellProgress } from "../spawning/spawn-progress.ts";
import { viewSpawns } from "../views/spawn-view.ts";

export async function recover(context: CliContext): Promise<void> {
  await withSlipway(context, async (slipway) => {
    const recovered = await slipway.recover({
      signal: context.interrupt,
      onEvent: tellProgress(context.notices),
    });
    context.notices.clear();
    await context.print(viewSpawns(recovered.flatMap(({ spawn }) => spawn ?? [])));
    for (const { spawn, error } of recovered) {
      // What was terminated in the end is no failure: somebody wanted it gone.
      const failure = error ?? (spawn === null ? null : failureOf({ spawn, moved: false }));
      if (failure !== null) throw failure;
    }
  });
}
