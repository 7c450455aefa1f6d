import { composeDiagnosis } from "../../../../src/cli/compose.ts";
import type { Composition, Host, OwnTerminal, StandardInput } from "../../../../src/cli/context.ts";
import { runCommandLine } from "../../../../src/cli/run.ts";
import type { Sink } from "../../../../src/cli/output/sink.ts";
import type { Slipway } from "../../../../src/slipway/slipway.ts";

/** The outcome of a command line. */
export interface RunResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Both outputs in the order of their writes, as a terminal shows them. */
  readonly screen: string;
  /** The argument of each `openSlipway` call. */
  readonly opened: readonly Composition[];
}

export interface RunOptions {
  readonly slipway?: Slipway;
  /** Default: the real diagnosis. */
  readonly diagnose?: Host["diagnose"];
  readonly stdin?: string | Uint8Array | StandardInput;
  /** The terminal at standard input. Default: none. */
  readonly terminal?: OwnTerminal;
  readonly stdoutIsTerminal?: boolean;
  readonly stderrIsTerminal?: boolean;
  /** The width of the terminal. Default 80. */
  readonly columns?: number;
  readonly environment?: Readonly<Record<string, string>>;
  readonly workingDirectory?: string;
  readonly interrupt?: AbortSignal;
  /** Aborted by the second Ctrl-C. */
  readonly nextInterrupt?: AbortSignal;
  readonly gracePeriod?: number;
  /** Aborted when the reader of standard output closes it. */
  readonly reader?: AbortSignal;
}

/** Runs a whole command line in memory. */
export async function runInMemory(
  argv: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  const opened: Composition[] = [];
  const { columns } = options;
  const screen: Uint8Array[] = [];
  const stdout = memorySink(options.stdoutIsTerminal, options.reader, columns, screen);
  const stderr = memorySink(options.stderrIsTerminal, undefined, columns, screen);
  const host: Host = {
    stdin: inputOf(options.stdin ?? ""),
    openHiddenInput: () => Promise.reject(new Error("this test has no terminal")),
    openTerminal: () => Promise.resolve(options.terminal ?? null),
    stdout: stdout.sink,
    stderr: stderr.sink,
    environment: { HOME: "/nowhere", ...options.environment },
    workingDirectory: options.workingDirectory ?? "/nowhere",
    interrupt: options.interrupt ?? new AbortController().signal,
    now: () => Date.UTC(2026, 10, 25, 4),
    nextInterrupt: () => options.nextInterrupt ?? new AbortController().signal,
    gracePeriod: options.gracePeriod ?? 60_000,
    openSlipway: (composition) => {
      opened.push(composition);
      if (options.slipway === undefined) throw new Error("this test expects no Slipway");
      return Promise.resolve(options.slipway);
    },
    diagnose: options.diagnose ?? composeDiagnosis,
  };
  const exitCode = await runCommandLine(argv, host);
  const shown = Buffer.concat(screen).toString();
  return { exitCode, stdout: stdout.text(), stderr: stderr.text(), screen: shown, opened };
}

/** A sink that keeps everything that is written to it. */
export function memorySink(
  isTerminal = false,
  closed: AbortSignal = new AbortController().signal,
  columns = 80,
  screen: Uint8Array[] = [],
): { readonly sink: Sink; readonly text: () => string } {
  const chunks: Uint8Array[] = [];
  const sink: Sink = {
    isTerminal,
    columns,
    closed,
    write: (chunk) => {
      if (!closed.aborted) {
        chunks.push(Buffer.from(chunk));
        screen.push(Buffer.from(chunk));
      }
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
