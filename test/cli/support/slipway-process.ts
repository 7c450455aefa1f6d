import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { NODE_ENVIRONMENT } from "../../support/processes.ts";

/** The program, from the sources. */
export const MAIN = join(import.meta.dirname, "..", "..", "..", "src", "cli", "main.ts");

// Milliseconds. A process that hangs must not outlive the test that started it.
const LONGEST_RUN = 45_000;

export interface ProcessOptions {
  /** The file to run. Default: the sources. */
  readonly program?: string;
  readonly stdin?: string | Uint8Array;
  /** Leave standard input open, so that reading it blocks. */
  readonly keepStdinOpen?: boolean;
  readonly onStart?: (child: ChildProcess) => void;
  /** Called with each chunk of standard error and the process. */
  readonly onStderr?: (piece: string, child: ChildProcess) => void;
  /** Variables in addition to `PATH`; no other variable is inherited. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly workingDirectory?: string;
  /** Arguments for Node, before the program. */
  readonly nodeArguments?: readonly string[];
  /** Close standard output without reading it. */
  readonly closeStdout?: boolean;
  /** File descriptor for standard output; the result's `stdout` is then empty. */
  readonly stdout?: number;
}

export interface ProcessResult {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command line as a process of its own. */
export async function slipwayProcess(
  argv: readonly string[],
  options: ProcessOptions = {},
): Promise<ProcessResult> {
  const { program = MAIN } = options;
  const child = spawn(process.execPath, [...(options.nodeArguments ?? []), program, ...argv], {
    cwd: options.workingDirectory,
    env: { ...NODE_ENVIRONMENT, ...options.environment },
    stdio: ["pipe", options.stdout ?? "pipe", "pipe"],
    timeout: LONGEST_RUN,
    killSignal: "SIGKILL",
  });
  options.onStart?.(child);
  // A command that rejects its arguments ends without reading its input.
  child.stdin?.on("error", () => undefined);
  if (options.keepStdinOpen !== true) child.stdin?.end(options.stdin ?? "");
  child.stderr?.on("data", (piece: Buffer) => options.onStderr?.(piece.toString(), child));
  if (options.closeStdout === true) child.stdout?.destroy();
  const [stdout, stderr, [exitCode, signal]] = await Promise.all([
    options.closeStdout === true || child.stdout === null ? "" : text(child.stdout),
    child.stderr === null ? "" : text(child.stderr),
    once(child, "close"),
  ]);
  return { exitCode, signal, stdout, stderr };
}
