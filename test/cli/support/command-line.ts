import { createProcessHost } from "../../../src/cli/process-host.ts";
import type { WritableStreamLike } from "../../../src/cli/output/sink.ts";
import { runCommandLine } from "../../../src/cli/run.ts";

export interface CommandOptions {
  readonly stdin?: string | Uint8Array;
  /** Variables in addition to `PATH`; the test's own environment is not inherited. */
  readonly environment?: Readonly<Record<string, string>>;
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
  { stdin = "", environment = {} }: CommandOptions = {},
): Promise<CommandResult> {
  const stdout = keepOutput();
  const stderr = keepOutput();
  const host = createProcessHost({
    stdin: inputOf(stdin),
    stdout: stdout.stream,
    stderr: stderr.stream,
    env: { PATH: process.env.PATH, ...environment },
    cwd: () => workingDirectory,
    once: () => undefined,
  });
  const exitCode = await runCommandLine(argv, host);
  return { exitCode, stdout: stdout.text(), stderr: stderr.text() };
}

function keepOutput(): { readonly stream: WritableStreamLike; readonly text: () => string } {
  const chunks: Uint8Array[] = [];
  const stream: WritableStreamLike = {
    write(chunk, written) {
      chunks.push(Buffer.from(chunk));
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
