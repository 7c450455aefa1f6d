import type { CliContext } from "../context.ts";
import { catalogKind } from "../arguments/kind.ts";
import { withSlipway } from "../session.ts";
import { viewRecord, viewRecords } from "../views/record-view.ts";

export async function get(
  context: CliContext,
  _flags: object,
  word: string,
  name?: string,
): Promise<void> {
  const kind = catalogKind(word);
  await withSlipway(context, async ({ catalog }) => {
    if (name === undefined) await context.print(viewRecords(kind, await catalog.list(kind)));
    else await context.print(viewRecord(kind, await catalog.get(kind, name)));
  });
}
