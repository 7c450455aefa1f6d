import { quoted } from "../terminal-text.ts";
import { invalidArgument } from "../../errors.ts";
import type { SlipwayError } from "../../errors.ts";

/** The most machines that one command may launch. */
export const MOST_AT_ONCE = 10_000;

/** Returns a parser for whole numbers from `lowest` to `highest`. */
export function wholeNumber(
  lowest: number,
  highest = Number.POSITIVE_INFINITY,
): (text: string) => number {
  return (text) => {
    const value = /^\d{1,15}$/u.test(text) ? Number(text) : Number.NaN;
    if (value >= lowest && value <= highest) return value;
    const range = Number.isFinite(highest) ? `from ${lowest} to ${highest}` : `>= ${lowest}`;
    throw usageError(`${quoted(text)} is not a whole number ${range}`, "Write it in digits.");
  };
}

/** Parses a TCP port number; 0 lets the system choose one. */
export function portNumber(text: string): number {
  const port = /^\d{1,5}$/u.test(text) ? Number(text) : Number.NaN;
  if (port <= 65_535) return port;
  throw usageError(
    `${quoted(text)} is not a valid port`,
    "Ports are 1 to 65535, or 0 for any free port.",
  );
}

/** Returns a flag's value unchanged, for flags that take any text. */
export function asTyped(text: string): string {
  return text;
}

/** The files of `--file`, which a command cannot do without. */
export function requireFiles(files: readonly string[] | undefined): readonly string[] {
  if (files !== undefined && files.length > 0) return files;
  throw usageError(
    "--file is missing",
    "Name a file or a folder with -f, or - for standard input.",
  );
}

/** Converts a flag's property name to the form that users type: `allowStale` -> `allow-stale`. */
export function kebabCase(name: string): string {
  return name.replace(/[A-Z]/gu, (letter) => `-${letter.toLowerCase()}`);
}

/** The error for invalid arguments: `INVALID_ARGUMENT` with reason `USAGE`, exit code 2. */
export function usageError(message: string, remedy: string): SlipwayError {
  return invalidArgument("USAGE", message, remedy);
}
