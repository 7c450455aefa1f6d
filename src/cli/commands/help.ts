import type { CliContext } from "../context.ts";

export async function help(context: CliContext, _flags: object, command?: string): Promise<void> {
  await context.stdout.write(await context.helpOf(command));
}
