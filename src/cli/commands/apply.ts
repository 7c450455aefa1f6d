import type { CliContext } from "../context.ts";
import { requireFiles } from "../arguments/flags.ts";
import { readRecordFiles } from "../arguments/record-files.ts";
import { withSlipway } from "../session.ts";
import { viewApplied } from "../views/applied-view.ts";

interface ApplyFlags {
  readonly file?: readonly string[];
  readonly dryRun: boolean;
  readonly diff: boolean;
}

export async function apply(context: CliContext, flags: ApplyFlags): Promise<void> {
  const { file, dryRun, diff } = flags;
  const found = await readRecordFiles(context, requireFiles(file));
  await withSlipway(context, async ({ catalog }) => {
    const applied = await catalog.apply(
      found.map(({ document }) => document),
      { dryRun, origins: found.map(({ origin }) => origin) },
    );
    await context.print(await viewApplied(applied, { dryRun, diff }));
  });
}
