import type { SweepReport } from "../../spawner/sweep.ts";
import type { CliContext } from "../context.ts";
import { withSlipway } from "../session.ts";
import { viewSweep } from "../views/sweep-view.ts";

export async function sweep(
  context: CliContext,
  {
    dryRun,
    grace,
  }: {
    readonly dryRun: boolean;
    /** Milliseconds. */
    readonly grace: number;
  },
): Promise<void> {
  await withSlipway(context, async (slipway) => {
    const report = await slipway.sweep({ dryRun, grace, signal: context.interrupt });
    if (dryRun) tellWhy(context, report);
    for (const { scope, error } of report.skippedScopes)
      context.notices.warn(`${scope} was not swept whole: ${error.message}`, error.remedy);
    await context.print(viewSweep(report));
    const [first] = report.skippedScopes;
    if (first !== undefined) throw first.error;
  });
}

function tellWhy({ notices }: CliContext, { suspects, terminated }: SweepReport): void {
  for (const { id, place, since } of terminated)
    notices.hint(
      `would terminate ${id} in ${place}: no live spawn claims it, a suspect since ${new Date(since).toISOString()}`,
    );
  for (const { id, place } of suspects)
    notices.hint(
      `would leave ${id} in ${place} for now: no live spawn claims it, but its grace is not over`,
    );
}
