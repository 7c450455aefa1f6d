import type { Composition, Host, StandardInput } from "../../../../src/cli/context.ts";
import { runCommandLine } from "../../../../src/cli/run.ts";
import type { Sink } from "../../../../src/cli/output/sink.ts";
import type { Slipway } from "../../../../src/slipway/slipway.ts";

/** What a command line did to the process around it. */
export interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** What each `openSlipway` was asked for. */
  readonly opened: readonly Composition[];
}

export interface Surroundings {
  readonly slipway?: Slipway;
  readonly stdin?: string | Uint8Array | StandardInput;
  readonly stdoutIsTerminal?: boolean;
  readonly stderrIsTerminal?: boolean;
  readonly environment?: Readonly<Record<string, string>>;
  readonly workingDirectory?: string;
  readonly interrupt?: AbortSignal;
  /** Aborted by the second Ctrl-C. */
  readonly nextInterrupt?: AbortSignal;
  readonly patience?: number;
  /** Aborted when the reader of standard output goes away. */
  readonly reader?: AbortSignal;
}

/** Runs a whole command line in memory. */
export async function runInMemory(
  argv: readonly string[],
  surroundings: Surroundings = {},
): Promise<Ran> {
  const opened: Composition[] = [];
  const stdout = memorySink(surroundings.stdoutIsTerminal, surroundings.reader);
  const stderr = memorySink(surroundings.stderrIsTerminal);
  const host: Host = {
    stdin: inputOf(surroundings.stdin ?? ""),
    stdout: stdout.sink,
    stderr: stderr.sink,
    environment: surroundings.environment ?? {},
    workingDirectory: surroundings.workingDirectory ?? "/nowhere",
    interrupt: surroundings.interrupt ?? new AbortController().signal,
    nextInterrupt: () => surroundings.nextInterrupt ?? new AbortController().signal,
    patience: surroundings.patience ?? 60_000,
    openSlipway: (composition) => {
      opened.push(composition);
      if (surroundings.slipway === undefined) throw new Error("this test expects no Slipway");
      return Promise.resolve(surroundings.slipway);
    },
  };
  const exitCode = await runCommandLine(argv, host);
  return { exitCode, stdout: stdout.text(), stderr: stderr.text(), opened };
}

/** A sink that keeps what it is given. */
export function memorySink(
  isTerminal = false,
  closed: AbortSignal = new AbortController().signal,
): { readonly sink: Sink; readonly text: () => string } {
  const chunks: Uint8Array[] = [];
  const sink: Sink = {
    isTerminal,
    columns: 80,
    closed,
    write: (chunk) => {
      if (!closed.aborted) chunks.push(Buffer.from(chunk));
      return Promise.resolve();
    },
  };
  return { sink, text: () => Buffer.concat(chunks).toString() };
}

function inputOf(content: string | Uint8Array | StandardInput): StandardInput {
  if (typeof content !== "string" && !(content instanceof Uint8Array)) return content;
  return {
    async *[Symbol.asyncIterator]() {
      await Promise.resolve();
      yield Buffer.from(content);
    },
  };
}
