import { SecretValue } from "../../secret-value.ts";
import type { CliContext } from "../context.ts";
import { raceWithInterrupt } from "../shutdown.ts";
import { catalogKind } from "../arguments/kind.ts";
import { withSlipway } from "../session.ts";
import { readLimited, withoutTrailingNewline } from "../arguments/standard-input.ts";
import { usageError } from "../arguments/flags.ts";
import { viewRecord } from "../views/record-view.ts";
import { writeOptions } from "../arguments/assignments.ts";
import type { WriteFlags } from "../arguments/assignments.ts";

export async function set(
  context: CliContext,
  flags: WriteFlags & { readonly resource: boolean },
  word: string,
  name: string,
): Promise<void> {
  const kind = catalogKind(word);
  if (flags.resource && kind !== "secret")
    throw usageError(
      "--resource applies to secrets only",
      `Omit it: standard input is always read as a record for kind ${kind}.`,
    );
  if (context.stdin.isTTY === true)
    context.progress.hint("reading from standard input; end it with Ctrl-D on a new line");
  const reading = readLimited(context.stdin, "standard input");
  const bytes = await raceWithInterrupt(context.interrupt, reading);
  const options = writeOptions(flags);
  await withSlipway(context, async ({ catalog }) => {
    if (kind === "secret" && !flags.resource) {
      const value = new SecretValue(withoutTrailingNewline(bytes));
      await context.print(viewRecord(kind, await catalog.setSecret(name, value, options)));
    } else {
      const { parseDocument } = await import("../../json/document/parse-document.ts");
      const body = parseDocument(bytes);
      await context.print(viewRecord(kind, await catalog.set(kind, body, { ...options, name })));
    }
  });
}
