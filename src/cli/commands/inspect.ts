import type { CliContext } from "../context.ts";
import { withSlipway } from "../session.ts";
import { viewInspection } from "../views/inspection-view.ts";

export async function inspect(
  context: CliContext,
  flags: { readonly platform?: string; readonly secret?: string; readonly verifyLayers: boolean },
  reference: string,
): Promise<void> {
  const { platform, secret, verifyLayers } = flags;
  await withSlipway(context, async (slipway) => {
    using _reminder = context.progress.ifSilent(`waiting for the registry of ${reference}`);
    const inspection = await slipway.inspectImage(reference, {
      verifyLayers,
      onWarning: ({ message, remedy }) => context.progress.warn(message, remedy),
      signal: context.interrupt,
      ...(platform === undefined ? {} : { platform }),
      ...(secret === undefined ? {} : { secret }),
    });
    for (const { message } of inspection.findings) context.progress.warn(message);
    await context.print(viewInspection(inspection));
  });
}
