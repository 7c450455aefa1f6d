import { isSlipwayError, type SlipwayError } from "../errors.ts";
import { readDockerConfigFile } from "../host/docker-config-file.ts";
import type { RegistryCredential } from "../oci/credential.ts";
import type { Reference } from "../oci/reference.ts";
import { runCredentialHelper, type HelperOptions } from "./credential-helper.ts";
import {
  credentialInFile,
  invalidCredential,
  readDockerConfig,
  selectCredential,
  toRegistryCredential,
} from "./docker-config.ts";

export interface DockerConfigOptions extends HelperOptions {
  /**
   * The path of `config.json`: in the folder that `DOCKER_CONFIG` names, otherwise in `~/.docker`. The file need not
   * exist.
   */
  readonly path: string;
  /** The value of `DOCKER_AUTH_CONFIG`, which holds the `auths` of a configuration. Default: unset. */
  readonly variable?: string | undefined;
}

/** A credential, or why Docker's configuration yields none. */
export interface DockerCredential {
  /** Null if Docker has no credential for the registry. */
  readonly credential: RegistryCredential | null;
  /** Why the configuration or its helper could not be read. */
  readonly problem: SlipwayError | null;
}

/**
 * Finds the credential that Docker itself would use for an image: in `DOCKER_AUTH_CONFIG`, else in its configuration and
 * credential helpers. It reads the file on every call, because `docker login` may have changed it.
 *
 * Docker's command warns of a configuration that it cannot read and pulls anonymously (`LoadDefaultConfigFile`), and until
 * version 28.3 also if a helper failed: it used the credential in the file, if any (`nativeStore.Get`). Leftovers of a
 * removed Docker Desktop should not stop the pull of an image.
 *
 * @throws SlipwayError `CREDENTIAL_INVALID` if the file is a pipe, a device or a socket
 */
export async function dockerCredential(
  options: DockerConfigOptions,
  reference: Reference,
  signal: AbortSignal,
): Promise<DockerCredential> {
  const named = variableCredential(options.variable ?? "", reference);
  if (named.credential !== null) return named;
  const found = await configuredCredential(options, reference, signal);
  return { ...found, problem: found.problem ?? named.problem };
}

/** Docker's command warns of a variable that it cannot read, and goes on with its configuration. */
function variableCredential(value: string, reference: Reference): DockerCredential {
  if (value === "") return { credential: null, problem: null };
  try {
    const found = credentialInFile(readDockerConfig(parseVariable(value)), reference);
    return { credential: found === null ? null : toRegistryCredential(found), problem: null };
  } catch (caught) {
    if (!isSlipwayError(caught)) throw caught;
    return { credential: null, problem: caught };
  }
}

function parseVariable(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    // The parser's message would quote the value.
    throw invalidCredential(
      "DOCKER_AUTH_CONFIG is not JSON",
      'Set DOCKER_AUTH_CONFIG to {"auths": {REGISTRY: {"auth": BASE64}}}, or unset it.',
    );
  }
}

async function configuredCredential(
  options: DockerConfigOptions,
  reference: Reference,
  signal: AbortSignal,
): Promise<DockerCredential> {
  const file = await readDockerConfigFile(options.path);
  if (file.kind === "absent") return { credential: null, problem: null };
  if (file.kind === "refused") throw invalidCredential(file.why, file.remedy);
  try {
    if (file.kind === "unreadable") throw invalidCredential(file.why, file.remedy);
    const found = await selectCredential(reference, file.document, (name, server) =>
      runCredentialHelper({ name, server, signal }, options),
    );
    return { credential: found === null ? null : toRegistryCredential(found), problem: null };
  } catch (caught) {
    if (!isSlipwayError(caught) || caught.code === "CANCELLED") throw caught;
    const credential =
      file.kind === "read" && caught.reason === "CREDENTIAL_HELPER_FAILED"
        ? withoutHelper(file.document, reference)
        : null;
    return { credential, problem: caught };
  }
}

/** The credential in the file; null if its entry is damaged, because the helper's failure is reported instead. */
function withoutHelper(document: unknown, reference: Reference): RegistryCredential | null {
  try {
    const found = credentialInFile(readDockerConfig(document), reference);
    return found === null ? null : toRegistryCredential(found);
  } catch (caught) {
    if (isSlipwayError(caught)) return null;
    throw caught;
  }
}
