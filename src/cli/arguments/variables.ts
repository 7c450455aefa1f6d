import type { Environment } from "../context.ts";
import { quoted } from "../terminal-text.ts";
import { usageError } from "./flags.ts";

/**
 * Reads variables as `docker exec` does: `KEY=VALUE`, or `KEY` for the value in this process's environment, so that a
 * secret stays out of the list of processes. A `KEY` that is not set there is left out.
 */
export function readVariables(
  flag: string,
  given: readonly string[],
  environment: Environment,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    given.flatMap((text) => {
      const equals = text.indexOf("=");
      const name = equals === -1 ? text : text.slice(0, equals);
      if (name === "")
        throw usageError(
          // The text may be a secret whose name was forgotten.
          `${flag}: ${equals === -1 ? quoted(text) : "a value"} without a name`,
          `Write ${flag} KEY=VALUE, or ${flag} KEY for a variable of this environment.`,
        );
      const value = equals === -1 ? environment[name] : text.slice(equals + 1);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
