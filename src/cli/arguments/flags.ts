import { quoted } from "../terminal-text.ts";
import { invalidArgument } from "../../errors.ts";
import type { SlipwayError } from "../../errors.ts";

/** Reads a whole number of at least `lowest`, and at most `highest` where there is such a bound. */
export function wholeNumber(
  lowest: number,
  highest = Number.POSITIVE_INFINITY,
): (text: string) => number {
  return (text) => {
    const value = /^\d{1,15}$/u.test(text) ? Number(text) : Number.NaN;
    if (value >= lowest && value <= highest) return value;
    const range = Number.isFinite(highest)
      ? `from ${lowest} to ${highest}`
      : `of ${lowest} or more`;
    throw usageError(`${quoted(text)} is no whole number ${range}`, "Write it in digits.");
  };
}

/** Reads the number of a TCP port; 0 leaves the choice to the system. */
export function portNumber(text: string): number {
  const port = /^\d{1,5}$/u.test(text) ? Number(text) : Number.NaN;
  if (port <= 65_535) return port;
  throw usageError(`${quoted(text)} is no port`, "Ports are 0 (any free one) to 65535.");
}

/** A value as it was typed. */
export function asTyped(text: string): string {
  return text;
}

/** A flag's name as it is typed: `allowStale` -> `allow-stale`. */
export function kebabCase(name: string): string {
  return name.replace(/[A-Z]/gu, (letter) => `-${letter.toLowerCase()}`);
}

/** Arguments that no command would take: exit 2, reason `USAGE`. */
export function usageError(message: string, remedy: string): SlipwayError {
  return invalidArgument("USAGE", message, remedy);
}
