/** The settings of a command, each with its source. */
import { dirname, isAbsolute, join } from "node:path";
import type { SlipwayError } from "../../errors.ts";
import { homeFolder } from "../../host/environment.ts";
import { usageError } from "../arguments/flags.ts";
import type { Environment } from "../context.ts";
import type { GlobalFlags } from "../global-flags.ts";
import type { ChosenContext, NamedContext } from "./named-context.ts";

/** A value, and where it comes from. */
export interface Setting<T> {
  readonly value: T;
  readonly source: "flag" | "variable" | "context" | "default";
  /** The flag, the variable or the context; null for a default. */
  readonly from: string | null;
}

export interface Settings {
  readonly database: Setting<string>;
  readonly keyFile: Setting<string>;
  readonly tenant: Setting<string>;
}

const DEFAULT_TENANT = "default";
const DATABASE_NAME = "slipway.db";
const KEY_FILE_NAME = "slipway.key";

const SETTING_SOURCES = {
  database: { flag: "--database", variable: "SLIPWAY_DATABASE" },
  keyFile: { flag: "--key-file", variable: "SLIPWAY_KEY_FILE" },
  tenant: { flag: "--tenant", variable: "SLIPWAY_TENANT" },
} as const;

/** The user's home folder. It is not an absolute path if there is none. */
export function homeOf(environment: Environment): string {
  return environment.HOME ?? homeFolder(environment);
}

/**
 * Determines the settings: from flags first, then the environment, the context, and the defaults. An environment variable
 * that is set but empty counts as unset.
 *
 * @throws SlipwayError `USAGE` if the default database needs a home folder and there is none
 */
export function settingsOf(
  flags: GlobalFlags,
  environment: Environment,
  chosen: ChosenContext | null,
): Settings {
  const find = (name: keyof typeof SETTING_SOURCES, standard: () => string): Setting<string> => {
    const { flag, variable } = SETTING_SOURCES[name];
    const typed = flags[name];
    if (typed !== null) return { value: typed, source: "flag", from: flag };
    const exported = environment[variable] || null;
    if (exported !== null) return { value: exported, source: "variable", from: variable };
    const saved = chosen?.settings[name];
    if (saved !== undefined) return { value: saved, source: "context", from: chosen?.name ?? null };
    return { value: standard(), source: "default", from: null };
  };
  const database = find("database", () => join(dataFolder(environment), "slipway", DATABASE_NAME));
  return {
    database,
    keyFile: find("keyFile", () => join(dirname(database.value), KEY_FILE_NAME)),
    tenant: find("tenant", () => DEFAULT_TENANT),
  };
}

const KEY_VARIABLES = { key: "SLIPWAY_KEY", keyCommand: "SLIPWAY_KEY_COMMAND" } as const;

/** A key in a variable, or a command there that prints it. */
export interface KeyVariable {
  readonly kind: keyof typeof KEY_VARIABLES;
  readonly variable: string;
  readonly value: string;
}

/**
 * The variable that takes the place of the key file. A key file that a flag names takes precedence.
 *
 * @throws SlipwayError `USAGE` if several variables are set
 */
export function keyVariableOf(
  { keyFile }: Pick<Settings, "keyFile">,
  environment: Environment,
): KeyVariable | null {
  if (keyFile.source === "flag") return null;
  const found = (["key", "keyCommand"] as const).flatMap((kind) => {
    const variable = KEY_VARIABLES[kind];
    const value = environment[variable] ?? "";
    return value === "" ? [] : [{ kind, variable, value }];
  });
  const names = [
    ...(keyFile.source === "variable" ? [SETTING_SOURCES.keyFile.variable] : []),
    ...found.map(({ variable }) => variable),
  ];
  if (names.length > 1)
    throw usageError(`${names.join(" and ")} are set together`, "Unset all but one of them.");
  return found[0] ?? null;
}

/** The variables that take precedence over a setting of a context. */
export function overridingVariables(
  settings: NamedContext,
  environment: Environment,
): readonly string[] {
  return (["database", "keyFile", "tenant"] as const)
    .filter((name) => settings[name] !== undefined)
    .map((name) => SETTING_SOURCES[name].variable)
    .filter((variable) => (environment[variable] ?? "") !== "");
}

/** Follows the XDG base directory specification: a relative path is invalid and ignored. */
function dataFolder(environment: Environment): string {
  const folder = environment.XDG_DATA_HOME ?? "";
  if (isAbsolute(folder)) return folder;
  const home = homeOf(environment);
  // A relative home would put the database into the current working directory.
  if (!isAbsolute(home)) throw noHome(home);
  return join(home, ".local", "share");
}

function noHome(home: string): SlipwayError {
  return usageError(
    `there is no home folder for the default database: HOME is ${home === "" ? "empty" : `${JSON.stringify(home)}, which is not an absolute path`}`,
    "Set HOME, or name a database with --database FILE or SLIPWAY_DATABASE.",
  );
}
