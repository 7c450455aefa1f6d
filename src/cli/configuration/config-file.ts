/** The configuration file: where it is, and the contexts in it. */
import { statSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { devNull } from "node:os";
import type { Environment } from "../context.ts";
import type { Configuration } from "./named-context.ts";

export interface ConfigFile extends Configuration {
  readonly path: string;
  /** Null if there is no file. */
  readonly text: string | null;
}

/** Where a configuration file is looked for. */
export interface ConfigPlace {
  readonly path: string;
  /** Whether `SLIPWAY_CONFIG` names it, and not only the default. */
  readonly isNamed: boolean;
}

const EMPTY: Configuration = { current: null, contexts: new Map() };

/**
 * Where the configuration file is: `SLIPWAY_CONFIG`, or else where the XDG base directory specification says. Null if there
 * is no home folder.
 */
export function configPlace(
  environment: Environment,
  { home, workingDirectory }: { readonly home: string; readonly workingDirectory: string },
): ConfigPlace | null {
  const named = environment["SLIPWAY_CONFIG"] ?? "";
  if (named !== "") return { path: resolve(workingDirectory, named), isNamed: true };
  const folder = environment["XDG_CONFIG_HOME"] ?? "";
  // The specification: a relative path is invalid and ignored.
  const base = isAbsolute(folder) ? folder : isAbsolute(home) ? join(home, ".config") : null;
  return base === null ? null : { path: join(base, "slipway", "config.yaml"), isNamed: false };
}

/**
 * Reads a configuration file. One that does not exist has no contexts.
 *
 * @param home the folder that `~` stands for
 * @throws SlipwayError `INVALID_ARGUMENT` / `INVALID_INPUT` for a file that cannot be read, or with the place of a mistake
 */
export async function readConfigFile(path: string, home: string): Promise<ConfigFile> {
  // Users name the null device to mean an empty file.
  if (path === devNull) return { path, text: "", ...EMPTY };
  // Most users have no file. Then nothing is waited for, and the YAML library is not loaded.
  if (!mayExist(path)) return { path, text: null, ...EMPTY };
  const { readConfigText } = await import("./read-config-text.ts");
  const text = await readConfigText(path);
  const { parseConfiguration } = await import("./parse-configuration.ts");
  return { path, text, ...parseConfiguration(text, { path, folder: dirname(path), home }) };
}

/** Whether there is something at a path. What cannot be examined is read, which explains why. */
function mayExist(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return true;
  }
}
