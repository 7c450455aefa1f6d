import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";

/** How an installed program is run. */
export interface Installed {
  /** The Node that runs it. */
  readonly program: string;
  /** Arguments before those of each command. */
  readonly before: readonly string[];
  /** Its home folder and its working directory. */
  readonly home: string;
  /** Variables besides `PATH` and `HOME`. */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface Attempt {
  readonly words: readonly string[];
  readonly input?: string;
  /** Expected start of standard output. */
  readonly prints: string;
}

/** Runs it to its end, and reports whether it printed the expected output and nothing on standard error. */
export async function attempt(installed: Installed, { words, input = "", prints }: Attempt) {
  const child = start(installed, words);
  // A command may end before it reads its input.
  child.stdin?.on("error", () => undefined);
  child.stdin?.end(input);
  const { exitCode, stdout, stderr } = await ended(child);
  const isGood = exitCode === 0 && stderr === "" && stdout.startsWith(prints);
  report(isGood, words.join(" "), `exit code ${exitCode}\n${stdout}${stderr}`);
}

export function start(installed: Installed, words: readonly string[]): ChildProcess {
  const { program, before, home, environment } = installed;
  return spawn(program, [...before, ...words], {
    cwd: home,
    env: { PATH: process.env["PATH"], HOME: home, ...environment },
  });
}

export async function ended(child: ChildProcess) {
  const [stdout, stderr, [exitCode]] = await Promise.all([
    child.stdout === null ? "" : text(child.stdout),
    child.stderr === null ? "" : text(child.stderr),
    once(child, "close"),
  ]);
  return { exitCode: Number(exitCode), stdout, stderr };
}

/** Prints one line and, if it failed, the details; a failure makes this process exit with an error. */
export function report(isGood: boolean, what: string, details = ""): void {
  console.log(`${isGood ? "passed" : "FAILED"}  ${what}`);
  if (isGood) return;
  console.log(details);
  process.exitCode = 1;
}
