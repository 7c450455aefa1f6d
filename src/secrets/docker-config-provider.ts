import { isAbsent, readRegularFile, whyUnreadable } from "../host/read-file.ts";
import type { RegistryCredential } from "../oci/credential.ts";
import type { Reference } from "../oci/reference.ts";
import { runCredentialHelper, type HelperOptions } from "./credential-helper.ts";
import { invalidCredential, selectCredential, toRegistryCredential } from "./docker-config.ts";

export interface DockerConfigOptions extends HelperOptions {
  /** The `config.json`: in the folder that `DOCKER_CONFIG` names, else in `~/.docker`. It need not exist. */
  readonly path: string;
}

const LARGEST_CONFIG = 1024 * 1024;

/**
 * The credential that Docker itself would use for an image, from its configuration and credential helpers, or null.
 * The file is read each time: `docker login` may have changed it.
 *
 * Throws `CREDENTIAL_INVALID` (naming the file) and `CREDENTIAL_HELPER_FAILED`.
 */
export async function dockerCredential(
  options: DockerConfigOptions,
  reference: Reference,
  signal: AbortSignal,
): Promise<RegistryCredential | null> {
  const config = await readConfigFile(options.path);
  if (config === null) return null;
  const credential = await selectCredential(reference, config, (name, server) =>
    runCredentialHelper({ name, server, signal }, options),
  );
  return credential === null ? null : toRegistryCredential(credential);
}

/** The parsed file, or null where there is none. */
async function readConfigFile(path: string): Promise<unknown> {
  let text: string;
  try {
    text = (await readRegularFile(path, LARGEST_CONFIG)).toString("utf8");
  } catch (caught) {
    if (isAbsent(caught)) return null;
    throw invalidCredential(
      `${path} cannot be read: ${whyUnreadable(caught)}`,
      "Make the Docker configuration a file that this user can read, or name a pull secret in the image record.",
    );
  }
  try {
    return JSON.parse(text);
  } catch {
    // The parser's message quotes the file.
    throw invalidCredential(`${path} is not JSON`, "Correct the Docker configuration.");
  }
}
