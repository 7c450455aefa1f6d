import { join } from "node:path";
import { isThere } from "../../../src/host/read-file.ts";

export type GceEnvironment = Readonly<Record<string, string | undefined>>;

export const TOKEN_VARIABLE = "CLOUDSDK_AUTH_ACCESS_TOKEN";
export const FILE_VARIABLE = "GOOGLE_APPLICATION_CREDENTIALS";
/** Google's library for Node.js reads the name in lower case as well. */
const FILE_VARIABLES = [FILE_VARIABLE, FILE_VARIABLE.toLowerCase()];

/** Google's libraries take the project that is billed for the calls from here, before that of a file. */
export const QUOTA_PROJECT_VARIABLE = "GOOGLE_CLOUD_QUOTA_PROJECT";
/** Google's libraries take the domain of a Google Cloud universe from here; a token says nothing about its own. */
export const UNIVERSE_VARIABLE = "GOOGLE_CLOUD_UNIVERSE_DOMAIN";

/** The file that the environment names, and the variable that does. */
export interface NamedFile {
  readonly variable: string;
  /** Empty if no variable names one. */
  readonly path: string;
}

export function namedFile(environment: GceEnvironment): NamedFile {
  const variable = FILE_VARIABLES.find((name) => environment[name]) ?? FILE_VARIABLE;
  return { variable, path: environment[variable] ?? "" };
}

/** The file that `gcloud auth application-default login` writes. */
export function userFile(environment: GceEnvironment, home: string): string {
  const folder = environment["CLOUDSDK_CONFIG"] || join(home, ".config", "gcloud");
  return join(folder, "application_default_credentials.json");
}

/** Whether the environment or a file configures credentials. A machine's own service account is not looked for. */
export async function configuresCredentials(
  environment: GceEnvironment,
  home: string,
): Promise<boolean> {
  if (environment[TOKEN_VARIABLE] || namedFile(environment).path !== "") return true;
  return await isThere(userFile(environment, home));
}
