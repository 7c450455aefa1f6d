import type { Clock } from "../host/clock.ts";
import type { ProcessEnvironment } from "../host/environment.ts";
import { credentialSecrets } from "../oci/credential.ts";
import { createSecretMemory } from "../redaction/secret-memory.ts";
import type { SecretStore } from "../secrets/sealed-store.ts";
import type { SecretValue } from "../secret-value.ts";
import type { CredentialPorts } from "./credentials.ts";
import type { SlipwayPorts } from "./facade.ts";
import { grantRegistryToken } from "./open-adapter.ts";
import { dockerConfiguration } from "./own-environment.ts";
import { createRegistryTokens } from "./registry-tokens.ts";

/** Pull credentials that this process has used. */
const PULL_CREDENTIALS_KEPT = 64;

export interface OwnCredentials extends CredentialPorts {
  /** The secrets of the latest credentials that were found, for redaction. */
  readonly used: () => readonly SecretValue[];
}

export interface CredentialSources {
  readonly tenant: string;
  readonly secrets: SecretStore;
  readonly own: ProcessEnvironment;
  readonly clock: Clock;
}

/** Pull credentials from the tenant's secrets, this user's Docker configuration and this process's cloud identity. */
export function createOwnCredentials({
  tenant,
  secrets,
  own,
  clock,
}: CredentialSources): OwnCredentials {
  const memory = createSecretMemory(PULL_CREDENTIALS_KEPT);
  const now = () => clock.now();
  return {
    readSecret: (name) => secrets.get(tenant, name),
    async dockerCredential(reference, signal, onProblem) {
      const { dockerCredential } = await import("../secrets/docker-config-provider.ts");
      const from = dockerConfiguration(own);
      const { credential, problem } = await dockerCredential(from, reference, signal);
      if (problem !== null) onProblem?.(problem);
      for (const secret of credentialSecrets(credential)) memory.add(secret.reveal());
      return credential;
    },
    registryToken: createRegistryTokens({
      now,
      async grant(registry, signal) {
        const token = await grantRegistryToken(registry, own, { now, signal });
        memory.add(token.password.reveal());
        return token;
      },
    }),
    used: () => memory.all(),
  };
}

/**
 * The tenant's secrets, those that can be opened. Machines of other processes were given them, and an engine knows what
 * its machines were given. None where the catalog cannot be read: the failure at hand is another one.
 */
export async function storedSecrets({
  catalog,
  readSecret,
}: Pick<SlipwayPorts, "catalog" | "readSecret">): Promise<readonly SecretValue[]> {
  const [records] = await Promise.allSettled([catalog.list("secret")]);
  if (records.status === "rejected") return [];
  const opened = await Promise.allSettled(records.value.map(({ name }) => readSecret(name)));
  const { pullSecretsIn } = await import("../secrets/pull-credential.ts");
  return opened.flatMap((secret) =>
    secret.status === "fulfilled" ? [secret.value, ...pullSecretsIn(secret.value)] : [],
  );
}
