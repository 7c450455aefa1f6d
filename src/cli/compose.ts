import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { SlipwayError } from "../errors.ts";
import { userName } from "../host/environment.ts";
import type { Diagnosis, DiagnoseOptions } from "../slipway/diagnosis/diagnose.ts";
import type { Slipway } from "../slipway/slipway.ts";
import { settingsOf } from "./configuration/settings.ts";
import type { Composition, Environment } from "./context.ts";

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
function placesOf({ flags, chosen, environment, workingDirectory }: Composition): {
  readonly database: string;
  readonly keyFile: string;
  readonly tenant: string;
} {
  const { database, keyFile, tenant } = settingsOf(flags, environment, chosen);
  return {
    database: resolve(workingDirectory, database.value),
    keyFile: resolve(workingDirectory, keyFile.value),
    tenant: tenant.value,
  };
}

/** The author recorded in the catalog's history: the user's login name. */
function actorOf(environment: Environment): string {
  return environment.LOGNAME || environment.USER || userName();
}
