import { cancellation } from "../../async/cancellation.ts";
import type { CliContext } from "../context.ts";
import { withSlipway } from "../session.ts";
import { viewPrune } from "../views/prune-view.ts";

export async function prune(
  context: CliContext,
  {
    dryRun,
    olderThan,
  }: {
    readonly dryRun: boolean;
    /** Milliseconds. */
    readonly olderThan: number;
  },
): Promise<void> {
  const { interrupt, progress } = context;
  const done = dryRun ? "would delete" : "deleted";
  await withSlipway(context, async (slipway) => {
    const report = await slipway.prune({
      dryRun,
      olderThan,
      signal: interrupt,
      onProgress: ({ spawns }) => progress.detail(`${done} ${spawns} spawns so far`),
    });
    await context.print(viewPrune(report, dryRun));
    if (!report.complete) throw cancellation(interrupt, "the prune");
  });
}
