import type { CliContext } from "../context.ts";
import { catalogKind } from "../arguments/kind.ts";
import { withSlipway } from "../session.ts";
import { viewHistory } from "../views/record-view.ts";

export async function history(
  context: CliContext,
  _flags: object,
  word: string,
  name: string,
): Promise<void> {
  const kind = catalogKind(word);
  await withSlipway(context, async ({ catalog }) => {
    await context.print(viewHistory(await catalog.history(kind, name)));
  });
}
