import { spawn } from "node:child_process";
import { raceWithDetach } from "./cancellation.ts";
import { cutWords } from "../redaction/cut.ts";
import { waitForExit } from "../host/child-exit.ts";

const LARGEST_OUTPUT = 64 * 1024;
const LONGEST_WORDS = 500;

export interface CommandResult {
  /** Null if a signal ended the command. */
  readonly exitCode: number | null;
  /** At most 64 KiB of its standard output. */
  readonly output: string;
  /** The last line of its standard error, for messages; empty if there is none. */
  readonly words: string;
}

/**
 * Runs a command of the user's own configuration in the shell, as its author typed it. It does not wait for a process
 * that the command has started in the background.
 *
 * @throws the signal's reason, and the error of a shell that could not be started
 */
export async function runCommand(
  command: string,
  environment: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<CommandResult> {
  const child = spawn(command, {
    shell: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...environment },
  });
  const output = collect(child.stdout);
  const words = collect(child.stderr);
  try {
    const exitCode = await raceWithDetach(waitForExit(child), { signal });
    return { exitCode, output: output(), words: lastLine(words()) };
  } finally {
    child.kill("SIGKILL");
    child.stdout.destroy();
    child.stderr.destroy();
  }
}

function collect(stream: NodeJS.ReadableStream): () => string {
  const pieces: Buffer[] = [];
  let size = 0;
  stream.on("data", (piece: Buffer) => {
    size += piece.length;
    if (size <= LARGEST_OUTPUT) pieces.push(piece);
  });
  return () => Buffer.concat(pieces).toString("utf8");
}

function lastLine(words: string): string {
  const [last = ""] = words.trim().split("\n").toReversed();
  return cutWords(last.replaceAll(/\p{C}/gu, " ").trim(), LONGEST_WORDS);
}
