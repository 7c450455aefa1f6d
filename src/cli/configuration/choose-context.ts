/** The context that a command uses. */
import { invalidArgument, SlipwayError } from "../../errors.ts";
import { usageError } from "../arguments/flags.ts";
import type { Environment } from "../context.ts";
import { quoted } from "../terminal-text.ts";
import { configPlace, readConfigFile } from "./config-file.ts";
import type { ConfigFile } from "./config-file.ts";
import { NO_CONTEXT } from "./named-context.ts";
import type { ChosenContext, NamedContext } from "./named-context.ts";
import { homeOf } from "./settings.ts";

export interface ConfigSource {
  readonly environment: Environment;
  readonly workingDirectory: string;
}

/**
 * The context that `--context` names, or else `SLIPWAY_CONTEXT`, or else the current one of the configuration file; null if
 * there is none.
 *
 * @throws SlipwayError `NOT_FOUND` / `CONTEXT_NOT_FOUND`, or `INVALID_ARGUMENT` / `INVALID_INPUT` for the file
 */
export async function chooseContext(
  flag: string | null,
  { environment, workingDirectory }: ConfigSource,
): Promise<ChosenContext | null> {
  const home = homeOf(environment);
  const place = configPlace(environment, { home, workingDirectory });
  const file = place === null ? null : await readConfigFile(place.path, home);
  if (place?.isNamed === true && file?.text === null)
    throw invalidArgument(
      "INVALID_INPUT",
      `the configuration file ${quoted(place.path, 256)} of SLIPWAY_CONFIG does not exist`,
      "Create it with `slipway context set NAME`, or unset the variable.",
    );
  const found = file ?? { path: "", current: null, contexts: new Map() };
  const variable = environment["SLIPWAY_CONTEXT"] || null;
  if (flag !== null) return await choice(flag, "flag", found);
  if (variable !== null) return await choice(variable, "variable", found);
  return found.current === null ? null : await choice(found.current, "configuration", found);
}

/**
 * Reads the configuration file for a command that shows or changes it. The file need not exist.
 *
 * @throws SlipwayError `INVALID_ARGUMENT`: `USAGE` if there is no home folder for it, or `INVALID_INPUT`
 */
export async function openConfiguration({
  environment,
  workingDirectory,
}: ConfigSource): Promise<ConfigFile> {
  const home = homeOf(environment);
  const place = configPlace(environment, { home, workingDirectory });
  if (place !== null) return await readConfigFile(place.path, home);
  throw usageError(
    "there is no home folder for the configuration file",
    "Set HOME, or name a file with SLIPWAY_CONFIG.",
  );
}

/** The names of all contexts, for completion. */
export async function contextNames(source: ConfigSource): Promise<readonly string[]> {
  const { contexts } = await openConfiguration(source);
  return [NO_CONTEXT, ...contexts.keys()];
}

/** @throws SlipwayError `NOT_FOUND` / `CONTEXT_NOT_FOUND` */
export async function contextNamed(
  name: string,
  { path, contexts }: Pick<ConfigFile, "path" | "contexts">,
): Promise<NamedContext> {
  const settings = contexts.get(name);
  if (settings !== undefined) return settings;
  const { closestTo } = await import("../../catalog/suggestions.ts");
  const meant = closestTo(name, [...contexts.keys(), NO_CONTEXT]);
  const remedy =
    contexts.size === 0
      ? "Create it with `slipway context set NAME --database FILE`."
      : `The contexts are ${[...contexts.keys()].join(", ")}.`;
  throw new SlipwayError({
    code: "NOT_FOUND",
    reason: "CONTEXT_NOT_FOUND",
    message: `context ${quoted(name)} does not exist${path === "" ? "" : ` in ${path}`}`,
    remedy: meant === null ? remedy : `Did you mean ${meant}?`,
    metadata: { context: name },
  });
}

async function choice(
  name: string,
  source: ChosenContext["source"],
  file: Pick<ConfigFile, "path" | "contexts">,
): Promise<ChosenContext | null> {
  if (name === NO_CONTEXT) return null;
  return { name, settings: await contextNamed(name, file), source };
}
