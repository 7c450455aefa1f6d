import { COMPLETION_SCRIPTS } from "../help/completion-scripts.ts";
import type { CliContext } from "../context.ts";
import { SHELLS } from "../help/proposals.ts";
import { quoted } from "../terminal-text.ts";
import { usageError } from "../arguments/flags.ts";

export async function completion(context: CliContext, _flags: object, word: string): Promise<void> {
  const shell = SHELLS.find((candidate) => candidate === word);
  if (shell === undefined)
    throw usageError(
      `completion is not available for ${quoted(word)}`,
      `Supported shells: ${SHELLS.join(", ")}.`,
    );
  await context.stdout.write(COMPLETION_SCRIPTS[shell]);
}
