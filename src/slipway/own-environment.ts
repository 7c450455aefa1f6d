import { dirname, join, resolve } from "node:path";
import { homeFolder, processEnvironment } from "../host/environment.ts";
import type { Environment, ProcessEnvironment } from "../host/environment.ts";
import type { DockerConfigOptions } from "../secrets/docker-config-provider.ts";

/** The environment that a program passes, or else that of the process. */
export function environmentOf(given: { readonly environment?: Environment }): ProcessEnvironment {
  const { environment } = given;
  if (environment === undefined) return processEnvironment();
  return { environment, home: homeFolder(environment) };
}

/** The key file that a program names, or else the one next to the database. */
export function keyFileOf(given: { readonly database: string; readonly keyFile?: string }): string {
  return given.keyFile ?? join(dirname(resolve(given.database)), "slipway.key");
}

/** Docker's configuration of this user. */
export function dockerConfiguration({
  environment,
  home,
}: ProcessEnvironment): DockerConfigOptions {
  const folder = environment["DOCKER_CONFIG"] || join(home, ".docker");
  const variable = environment["DOCKER_AUTH_CONFIG"];
  return { path: join(folder, "config.json"), environment, variable };
}
