import { credentialSecrets } from "../oci/credential.ts";
import type { SecretValue } from "../secret-value.ts";
import type { LaunchSecrets } from "./contract.ts";

/** All secrets of a launch. */
export function launchSecretValues(secrets: LaunchSecrets): readonly SecretValue[] {
  const { credential, environment, files } = secrets;
  return [
    ...credentialSecrets(credential),
    ...Object.values(environment),
    ...files.map(({ value }) => value),
  ];
}
