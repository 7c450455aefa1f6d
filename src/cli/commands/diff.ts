import type { CliContext } from "../context.ts";
import { requireFiles } from "../arguments/flags.ts";
import { readRecordFiles } from "../arguments/record-files.ts";
import { EXIT_DIFFERENCES } from "../output/exit-codes.ts";
import { withSlipway } from "../session.ts";
import { viewDifferences } from "../views/applied-view.ts";

export async function diff(
  context: CliContext,
  { file }: { readonly file?: readonly string[] },
): Promise<void> {
  const found = await readRecordFiles(context, requireFiles(file));
  await withSlipway(context, async ({ catalog }) => {
    const applied = await catalog.apply(
      found.map(({ document }) => document),
      { dryRun: true, origins: found.map(({ origin }) => origin) },
    );
    await context.print(await viewDifferences(applied));
    if (applied.some(({ change }) => change !== "unchanged")) context.exitWith(EXIT_DIFFERENCES);
  });
}
