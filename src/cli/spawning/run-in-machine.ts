import { asSlipwayError, SlipwayError } from "../../errors.ts";
import type { ExecOptions } from "../../slipway/slipway.ts";
import type { CliContext, OwnTerminal, StandardInput } from "../context.ts";
import { withSlipway } from "../session.ts";

export interface MachineCommand extends Pick<
  ExecOptions,
  "command" | "env" | "user" | "workingDirectory"
> {
  readonly spawnId: string;
  /** Whether the command gets this process's standard input. */
  readonly hasInput: boolean;
  /** Null for a command without a terminal. */
  readonly terminal: OwnTerminal | null;
}

/** Runs a command in a machine, on this process's streams, and makes its exit code that of the process. */
export async function runInMachine(
  context: CliContext,
  { spawnId, hasInput, terminal, ...options }: MachineCommand,
): Promise<void> {
  const { stdin, stdout, stderr, interrupt } = context;
  const signal = AbortSignal.any([interrupt, stdout.closed]);
  try {
    const code = await withSlipway(context, async (slipway) => {
      using _keys = hasInput ? terminal?.passKeys(interrupt) : null;
      return await slipway.exec(spawnId, {
        ...options,
        ...(hasInput ? { input: bytesOf(stdin) } : {}),
        ...(terminal === null ? {} : { terminal }),
        onOutput: (stream, bytes) => (stream === "stdout" ? stdout : stderr).write(bytes),
        signal,
      });
    });
    context.exitWith(code);
  } catch (caught) {
    const wasInterrupted = interrupt.aborted && asSlipwayError(caught).code === "CANCELLED";
    throw wasInterrupted ? leftRunning(spawnId) : caught;
  }
}

async function* bytesOf(stdin: StandardInput): AsyncGenerator<Uint8Array> {
  for await (const piece of stdin) yield typeof piece === "string" ? Buffer.from(piece) : piece;
}

/** An engine does not end a command whose caller leaves: https://github.com/moby/moby/issues/9098 */
function leftRunning(spawnId: string): SlipwayError {
  return new SlipwayError({
    code: "CANCELLED",
    reason: "INTERRUPTED",
    message: `interrupted; the command may still be running in spawn ${spawnId}`,
    remedy: "With a terminal (-it), Ctrl-C goes to the command itself.",
    metadata: { spawn_id: spawnId },
  });
}
