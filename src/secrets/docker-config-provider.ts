import { isAbsent, readRegularFile, whyUnreadable } from "../host/read-file.ts";
import type { RegistryCredential } from "../oci/credential.ts";
import type { Reference } from "../oci/reference.ts";
import { runCredentialHelper, type HelperOptions } from "./credential-helper.ts";
import { invalidCredential, selectCredential, toRegistryCredential } from "./docker-config.ts";

export interface DockerConfigOptions extends HelperOptions {
  /**
   * The path of `config.json`: in the folder that `DOCKER_CONFIG` names, otherwise in `~/.docker`. The file need not
   * exist.
   */
  readonly path: string;
}

const LARGEST_CONFIG = 1024 * 1024;

/**
 * Finds the credential that Docker itself would use for an image, in its configuration and credential helpers. It
 * reads the file on every call, because `docker login` may have changed it.
 *
 * @returns null if Docker has no credential for the registry
 * @throws SlipwayError `CREDENTIAL_INVALID` (the message names the file), `CREDENTIAL_HELPER_FAILED`
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

/** The parsed file; null if it does not exist. */
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
    // The parser's message would quote the file.
    throw invalidCredential(`${path} is not JSON`, "Correct the Docker configuration.");
  }
}
