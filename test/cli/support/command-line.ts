import { onAbort } from "../../../src/async/cancellation.ts";
import { createProcessHost } from "../../../src/cli/process-host.ts";
import type { WritableStreamLike } from "../../../src/cli/output/sink.ts";
import { runCommandLine } from "../../../src/cli/run.ts";

export interface CommandOptions {
  readonly stdin?: string | Uint8Array;
  /** Variables in addition to `PATH`; the test's own environment is not inherited. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Stands for the first Ctrl-C. */
  readonly interrupt?: AbortSignal;
  /** Receives what is written to each stream, as it is written. */
  readonly onOutput?: (piece: string, stream: "stdout" | "stderr") => void;
  /** Whether standard output is a terminal. Default false. */
  readonly stdoutIsTerminal?: boolean;
}

export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs the command line in this process. Only the streams, the variables and the working directory are replaced;
 * everything else is as in a process of its own. If the process itself is the subject (signals, start-up, two
 * concurrent processes), use `slipwayProcess`.
 */
export async function slipway(
  argv: readonly string[],
  workingDirectory: string,
  options: CommandOptions = {},
): Promise<CommandResult> {
  const { stdin = "", environment = {}, interrupt, stdoutIsTerminal = false } = options;
  const stdout = keepOutput((piece) => options.onOutput?.(piece, "stdout"), stdoutIsTerminal);
  const stderr = keepOutput((piece) => options.onOutput?.(piece, "stderr"), false);
  const host = createProcessHost({
    stdin: inputOf(stdin),
    stdout: stdout.stream,
    stderr: stderr.stream,
    env: { PATH: process.env.PATH, HOME: workingDirectory, ...environment },
    cwd: () => workingDirectory,
    once: (signal, listener) => {
      if (signal === "SIGINT" && interrupt !== undefined) onAbort(interrupt, listener);
    },
  });
  const exitCode = await runCommandLine(argv, host);
  return { exitCode, stdout: stdout.text(), stderr: stderr.text() };
}

function keepOutput(
  onPiece: (piece: string) => void,
  isTTY: boolean,
): {
  readonly stream: WritableStreamLike;
  readonly text: () => string;
} {
  const chunks: Uint8Array[] = [];
  const stream: WritableStreamLike = {
    isTTY,
    columns: 120,
    write(chunk, written) {
      chunks.push(Buffer.from(chunk));
      onPiece(Buffer.from(chunk).toString());
      written();
      return true;
    },
    on: () => undefined,
  };
  return { stream, text: () => Buffer.concat(chunks).toString() };
}

async function* inputOf(content: string | Uint8Array): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  yield Buffer.from(content);
}
