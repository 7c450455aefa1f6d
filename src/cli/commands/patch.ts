import type { JsonValue } from "../../errors.ts";
import { parseAssignments, writeOptions } from "../arguments/assignments.ts";
import type { CliContext } from "../context.ts";
import { requireKind } from "../../catalog/documents.ts";
import { withSlipway } from "../session.ts";
import { usageError } from "../arguments/flags.ts";
import { viewRecord } from "../views/record-view.ts";
import type { WriteFlags } from "../arguments/assignments.ts";

export async function patch(
  context: CliContext,
  flags: WriteFlags & { readonly set: readonly string[] },
  word: string,
  name: string,
): Promise<void> {
  const kind = requireKind(word);
  const assignments = parseAssignments(flags.set);
  if (kind === "secret") rejectSecretValue(assignments, name);
  await withSlipway(context, async ({ catalog }) => {
    await context.print(
      viewRecord(kind, await catalog.patch(kind, name, assignments, writeOptions(flags))),
    );
  });
}

/** Any user of the machine can read a command's arguments in the process list. */
function rejectSecretValue(assignments: Readonly<Record<string, JsonValue>>, name: string): void {
  const given = Object.keys(assignments).some((field) => /^plaintext_?value$/iu.test(field));
  if (!given) return;
  throw usageError(
    "a secret's value cannot be set from an argument",
    `Set it with \`slipway set secret ${name} < value\`.`,
  );
}
