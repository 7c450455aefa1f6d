import type { CliContext } from "../context.ts";
import { usageError } from "../arguments/flags.ts";
import { readVariables } from "../arguments/variables.ts";
import { runInMachine } from "../spawning/run-in-machine.ts";

interface ExecFlags {
  readonly interactive: boolean;
  readonly tty: boolean;
  readonly user?: string;
  readonly workdir?: string;
  readonly env?: readonly string[];
}

export async function exec(
  context: CliContext,
  flags: ExecFlags,
  ...words: readonly string[]
): Promise<void> {
  const [spawnId, ...command] = words;
  if (spawnId === undefined || command.length === 0)
    throw usageError(
      spawnId === undefined ? "SPAWN_ID is missing" : "COMMAND is missing",
      "Write slipway exec SPAWN_ID -- COMMAND [ARGUMENT...].",
    );
  const { user, workdir, env = [] } = flags;
  const terminal = flags.tty ? await context.openTerminal() : null;
  if (flags.tty && terminal === null)
    throw usageError(
      "--tty: standard input is not a terminal",
      "Omit -t, or run it on a terminal.",
    );
  await runInMachine(context, {
    spawnId,
    command,
    hasInput: flags.interactive,
    terminal,
    env: readVariables("--env", env, context.environment),
    ...(user === undefined ? {} : { user }),
    ...(workdir === undefined ? {} : { workingDirectory: workdir }),
  });
}
