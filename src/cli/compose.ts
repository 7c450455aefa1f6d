import { existsSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { SlipwayError } from "../errors.ts";
import { homeFolder, userName } from "../host/environment.ts";
import type { Diagnosis, DiagnoseOptions } from "../slipway/diagnosis/diagnose.ts";
import type { Slipway } from "../slipway/slipway.ts";
import type { Composition, Environment } from "./context.ts";
import type { GlobalFlags } from "./global-flags.ts";
import { usageError } from "./arguments/flags.ts";

/** A command's settings: from flags first, then the environment, then the defaults. */
export interface Settings {
  readonly database: string;
  readonly keyFile: string;
  readonly tenant: string;
}

const DEFAULT_TENANT = "default";
const DATABASE_NAME = "slipway.db";
const KEY_FILE_NAME = "slipway.key";

/**
 * Determines the settings. An environment variable that is set but empty counts as unset.
 *
 * @throws SlipwayError `USAGE` if the default database needs a home folder and there is none
 */
export function settingsOf(flags: GlobalFlags, environment: Environment, home: string): Settings {
  const given = (name: string): string | null => environment[name] || null;
  const database =
    flags.database ??
    given("SLIPWAY_DATABASE") ??
    join(dataFolder(environment, home), "slipway", DATABASE_NAME);
  return {
    database,
    keyFile: flags.keyFile ?? given("SLIPWAY_KEY_FILE") ?? join(dirname(database), KEY_FILE_NAME),
    tenant: flags.tenant ?? given("SLIPWAY_TENANT") ?? DEFAULT_TENANT,
  };
}

/** Follows the XDG base directory specification: a relative path is invalid and ignored. */
function dataFolder(environment: Environment, home: string): string {
  const folder = environment.XDG_DATA_HOME ?? "";
  if (isAbsolute(folder)) return folder;
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

function noDatabase(path: string): SlipwayError {
  return new SlipwayError({
    code: "NOT_FOUND",
    reason: "STORAGE_UNAVAILABLE",
    message: `database ${path} does not exist`,
    remedy: "Write a record first, which creates it.",
    metadata: { path },
  });
}

/** Opens Slipway for a command. Its modules are loaded here, not at start-up. */
export async function composeSlipway(composition: Composition): Promise<Slipway> {
  const { environment, onWarning, onlyExisting } = composition;
  const { createSlipway } = await import("../slipway/create-slipway.ts");
  const places = placesOf(composition);
  const { database } = places;
  if (onlyExisting === true && !existsSync(database)) throw noDatabase(database);
  return await createSlipway({ ...places, actor: actorOf(environment), environment, onWarning });
}

/** Diagnoses what {@link composeSlipway} would use. */
export async function composeDiagnosis(
  composition: Composition,
  options: Pick<DiagnoseOptions, "placement" | "signal">,
): Promise<Diagnosis> {
  const { diagnose } = await import("../slipway/diagnosis/diagnose.ts");
  const { environment } = composition;
  return await diagnose({ ...placesOf(composition), environment, ...options });
}

/** The settings, with absolute paths. */
function placesOf({ flags, environment, workingDirectory }: Composition): Settings {
  const { database, keyFile, tenant } = settingsOf(
    flags,
    environment,
    environment.HOME ?? homeFolder(environment),
  );
  return {
    database: resolve(workingDirectory, database),
    keyFile: resolve(workingDirectory, keyFile),
    tenant,
  };
}

/** The author recorded in the catalog's history: the user's login name. */
function actorOf(environment: Environment): string {
  return environment.LOGNAME || environment.USER || userName();
}
