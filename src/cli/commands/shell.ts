import type { CliContext } from "../context.ts";
import { runInMachine } from "../spawning/run-in-machine.ts";

interface ShellFlags {
  readonly user?: string;
  readonly workdir?: string;
}

/** A shell on the terminal; without one, a shell that reads its commands from standard input. */
export async function shell(
  context: CliContext,
  { user, workdir }: ShellFlags,
  spawnId: string,
): Promise<void> {
  await runInMachine(context, {
    spawnId,
    hasInput: true,
    terminal: await context.openTerminal(),
    ...(user === undefined ? {} : { user }),
    ...(workdir === undefined ? {} : { workingDirectory: workdir }),
  });
}
