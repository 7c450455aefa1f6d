import { dirname, join, resolve } from "node:path";
import { invalidArgument } from "../errors.ts";
import { homeFolder, processEnvironment } from "../host/environment.ts";
import type { Environment, ProcessEnvironment } from "../host/environment.ts";
import type { DockerConfigOptions } from "../secrets/docker-config-provider.ts";
import { keyCommand } from "../secrets/key-command.ts";
import { keyFile } from "../secrets/key-file.ts";
import { givenKey } from "../secrets/key-source.ts";
import type { KeySource } from "../secrets/key-source.ts";

/** The environment that a program passes, or else that of the process. */
export function environmentOf(given: { readonly environment?: Environment }): ProcessEnvironment {
  const { environment } = given;
  if (environment === undefined) return processEnvironment();
  return { environment, home: homeFolder(environment) };
}

/** Where the key that seals secrets comes from, as options say it. */
export interface KeyOptions {
  readonly database: string;
  readonly keyFile?: string;
  readonly key?: Uint8Array | string;
  readonly keyCommand?: string;
  readonly environment?: Environment;
}

/**
 * The key, key file or key command that a program names, or else the file next to the database.
 *
 * @param subject the function that the options are for
 * @throws SlipwayError `INVALID_INPUT` for more than one; `SECRET_KEY_INVALID` for a key that is none
 */
export function keySourceOf(subject: string, given: KeyOptions): KeySource {
  const { database, keyFile: file, key, keyCommand: command } = given;
  if ([file, key, command].filter((one) => one !== undefined).length > 1)
    throw invalidArgument(
      "INVALID_INPUT",
      `${subject} takes only one of the options key, keyFile and keyCommand`,
    );
  if (key !== undefined) return givenKey(key);
  if (command !== undefined) return keyCommand(command, environmentOf(given).environment);
  return keyFile(file ?? join(dirname(resolve(database)), "slipway.key"));
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
