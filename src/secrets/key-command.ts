/** Sealing keys that a command prints, such as the client of a key management service. */
import { createDeadline } from "../async/cancellation.ts";
import { memoizeAsync } from "../async/memoize.ts";
import { runCommand } from "../async/run-command.ts";
import { invalidKey, parseKeys } from "./key-source.ts";
import type { KeySource, SealingKeys } from "./key-source.ts";

/** A command may ask a service, or its user. */
const TIMEOUT = 30_000;
const DESCRIPTION = "the key command";
const REMEDY =
  "Run the command by hand. It must print the key, 32 bytes in base64, on standard output.";

/**
 * The keys that a command prints, one or several as for `givenKey`. It runs in the shell when a key is first needed, and
 * once in a process. Messages do not repeat the command or its output.
 *
 * @param timeout how long the command may take, in milliseconds
 */
export function keyCommand(
  command: string,
  environment: Readonly<Record<string, string | undefined>>,
  timeout = TIMEOUT,
): KeySource {
  const load = memoizeAsync(async (): Promise<SealingKeys> => {
    const keys = await printedBy(command, environment, timeout);
    return parseKeys(keys, DESCRIPTION);
  });
  return {
    description: DESCRIPTION,
    choose: "Make the command print the right key",
    load: () => load(),
    create: () => load(),
    rotate: async () => ({ keys: await load(), finish: () => Promise.resolve() }),
  };
}

async function printedBy(
  command: string,
  environment: Readonly<Record<string, string | undefined>>,
  timeout: number,
): Promise<string> {
  using deadline = createDeadline(new AbortController().signal, timeout);
  const { signal } = deadline;
  try {
    const { exitCode, output, words } = await runCommand(command, environment, signal);
    if (exitCode === 0) return output;
    const said = words === "" ? "" : `: ${words}`;
    throw invalidKey(`${DESCRIPTION} failed (exit ${exitCode ?? "by a signal"})${said}`, REMEDY);
  } catch (caught) {
    if (!signal.aborted) throw caught;
    throw invalidKey(`${DESCRIPTION} did not end within ${timeout} ms`, REMEDY);
  }
}
