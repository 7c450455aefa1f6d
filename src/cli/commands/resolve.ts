import type { CliContext } from "../context.ts";
import { warnAboutChecks } from "../arguments/plan-file.ts";
import { withSlipway } from "../session.ts";
import { viewPlan } from "../views/plan-view.ts";

export async function resolve(
  context: CliContext,
  flags: { readonly save?: string; readonly offline: boolean },
  workspace: string,
): Promise<void> {
  const { save, offline } = flags;
  await withSlipway(context, async (slipway) => {
    using _reminder = context.progress.ifSilent(`resolving workspace ${workspace}`);
    const plan = await slipway.resolveWorkspace(workspace, { offline, signal: context.interrupt });
    warnAboutChecks(context.progress, plan);
    if (save !== undefined) {
      const { savePlan } = await import("../arguments/plan-file.ts");
      savePlan(plan, { file: save, from: context.workingDirectory });
    }
    await context.print(viewPlan(plan));
  });
}
