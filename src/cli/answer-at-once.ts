import { rootHelp } from "./help/help-text.ts";
import { readVersion } from "../host/package-manifest.ts";

/**
 * The output of a command line that asks only for the root help or the version; null for any other. The scanner
 * would print the same text, but this way it need not be loaded.
 *
 * @param columns the width of the terminal; null: not a terminal
 */
export function answerAtOnce(words: readonly string[], columns: number | null): string | null {
  const [first, ...others] = words;
  if (others.length > 0) return null;
  switch (first) {
    case undefined:
    case "--help":
    case "-h":
      return rootHelp(columns);
    case "--version":
      return `${readVersion()}\n`;
    default:
      return null;
  }
}
