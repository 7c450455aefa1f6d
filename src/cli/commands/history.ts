import type { CliContext } from "../context.ts";
import { requireKind } from "../../catalog/documents.ts";
import { withSlipway } from "../session.ts";
import { viewHistory } from "../views/record-view.ts";

export async function history(
  context: CliContext,
  _flags: object,
  word: string,
  name: string,
): Promise<void> {
  const kind = requireKind(word);
  await withSlipway(context, async ({ catalog }) => {
    await context.print(viewHistory(await catalog.history(kind, name)));
  });
}
