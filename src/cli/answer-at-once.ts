import { rootHelp } from "./help/help-text.ts";
import { readVersion } from "./help/version.ts";

/**
 * The answer to a command line that asks for nothing but the root's help or the version, else null. The scanner
 * would answer the same; this way not even the scanner is loaded.
 */
export function answerAtOnce(words: readonly string[]): string | null {
  const [first, ...others] = words;
  if (others.length > 0) return null;
  switch (first) {
    case undefined:
    case "--help":
    case "-h":
      return rootHelp();
    case "--version":
      return `${readVersion()}\n`;
    default:
      return null;
  }
}
