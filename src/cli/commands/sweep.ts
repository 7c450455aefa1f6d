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
    using _reminder = context.progress.ifSilent("waiting for the providers to list their machines");
    const report = await slipway.sweep({ dryRun, grace, signal: context.interrupt });
    if (dryRun) explainDryRun(context, report);
    for (const { scope, error } of report.skippedScopes)
      context.progress.warn(`${scope} was not fully swept: ${error.message}`, error.remedy);
    await context.print(viewSweep(report));
    const [first] = report.skippedScopes;
    if (first !== undefined) throw first.error;
  });
}

const KIND_NAMES = { volume: "volume", "network-interface": "network interface" } as const;

function explainDryRun({ progress }: CliContext, { suspects, terminated }: SweepReport): void {
  for (const { id, kind, place, since } of terminated)
    progress.hint(
      `would ${kind === "machine" ? "terminate" : `delete the ${KIND_NAMES[kind]}`} ${id} in ${place}: no live spawn claims it (a suspect since ${new Date(since).toISOString()})`,
    );
  for (const { id, kind, place } of suspects)
    progress.hint(
      `would keep ${kind === "machine" ? "" : `the ${KIND_NAMES[kind]} `}${id} in ${place} for now: no live spawn claims it, but its grace period has not ended`,
    );
}
