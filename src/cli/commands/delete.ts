import type { CliContext } from "../context.ts";
import { catalogKind } from "../arguments/kind.ts";
import { withSlipway } from "../session.ts";
import { viewDeletion } from "../views/record-view.ts";
import { writeOptions } from "../arguments/assignments.ts";
import type { WriteFlags } from "../arguments/assignments.ts";

export async function remove(
  context: CliContext,
  flags: WriteFlags,
  word: string,
  name: string,
): Promise<void> {
  const kind = catalogKind(word);
  await withSlipway(context, async ({ catalog }) => {
    await catalog.delete(kind, name, writeOptions(flags));
    await context.print(viewDeletion(kind, name));
  });
}
