import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { SlipwayError } from "../errors.ts";
import { userName } from "../host/environment.ts";
import type { Diagnosis, DiagnoseOptions } from "../slipway/diagnosis/diagnose.ts";
import type { Slipway } from "../slipway/slipway.ts";
import type { KeyOptions } from "../slipway/own-environment.ts";
import { keyVariableOf, settingsOf } from "./configuration/settings.ts";
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
  const places = await placesOf(composition);
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
  return await diagnose({ ...(await placesOf(composition)), environment, ...options });
}

/** The settings, with absolute paths. */
async function placesOf({
  flags,
  chosen,
  environment,
  workingDirectory,
}: Composition): Promise<KeyOptions & { readonly tenant: string }> {
  const settings = settingsOf(flags, environment, chosen);
  const { database, keyFile, tenant } = settings;
  const given = keyVariableOf(settings, environment);
  if (given?.kind === "key") {
    // Here, where the message can name the variable.
    const { parseKeys } = await import("../secrets/key-source.ts");
    parseKeys(given.value, given.variable);
  }
  return {
    database: resolve(workingDirectory, database.value),
    tenant: tenant.value,
    ...(given === null
      ? { keyFile: resolve(workingDirectory, keyFile.value) }
      : { [given.kind]: given.value }),
  };
}

/** The author recorded in the catalog's history: the user's login name. */
function actorOf(environment: Environment): string {
  return environment.LOGNAME || environment.USER || userName();
}
