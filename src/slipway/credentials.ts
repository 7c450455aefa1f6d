import type { CatalogRecord, DockerImage } from "../catalog/kinds.ts";
import { SlipwayError } from "../errors.ts";
import { cloudRegistry } from "../oci/cloud-registry.ts";
import type { CloudRegistry, CloudRegistryService } from "../oci/cloud-registry.ts";
import type { RegistryCredential } from "../oci/credential.ts";
import { parseReference } from "../oci/reference.ts";
import type { Reference } from "../oci/reference.ts";
import type { LaunchPlan } from "../plan/plan.ts";
import type { FoundCredential } from "../resolver/resolve.ts";
import type { SecretValue } from "../secret-value.ts";
import type { LaunchSecrets } from "../substrate/contract.ts";

export interface CredentialPorts {
  /** Reads a secret of the tenant. @throws SlipwayError `SECRET_NOT_FOUND`, or an error of unsealing. */
  readonly readSecret: (name: string) => Promise<SecretValue>;
  /**
   * Reads a reference's credential from Docker's configuration and credential helpers; null if there is none. It reports
   * what it could not read to `onProblem`.
   */
  readonly dockerCredential: (
    reference: Reference,
    signal: AbortSignal,
    onProblem?: (problem: SlipwayError) => void,
  ) => Promise<RegistryCredential | null>;
  /**
   * A token for the registry, granted to this process's own identity in its cloud.
   *
   * @throws SlipwayError if the cloud refuses or cannot be reached
   */
  readonly registryToken: (
    registry: CloudRegistry,
    signal: AbortSignal,
  ) => Promise<RegistryCredential>;
}

/** Where a reference's credential comes from: the named secret, the cloud's own identity, or (null) Docker's choice. */
export type WantedCredential =
  | { readonly kind: "secret"; readonly secret: string }
  | { readonly kind: "cloud-identity"; readonly service: CloudRegistryService }
  | { readonly kind: "none" }
  | null;

/**
 * Finds the credential for a reference: the wanted one, else the one in Docker's configuration, else none.
 *
 * @throws SlipwayError `CREDENTIAL_REGISTRY_MISMATCH` if the named secret is for another registry. Pulling
 * anonymously instead would hide the mistake.
 */
export async function findCredential(
  ports: CredentialPorts,
  request: { readonly reference: Reference; readonly wanted: WantedCredential },
  signal: AbortSignal,
): Promise<FoundCredential> {
  const { reference, wanted } = request;
  if (wanted?.kind === "none") return { source: { kind: "anonymous" }, credential: null };
  if (wanted?.kind === "cloud-identity") {
    const registry = requireCloudRegistry(reference, wanted.service);
    return { source: wanted, credential: await ports.registryToken(registry, signal) };
  }
  if (wanted?.kind === "secret") {
    const { secret } = wanted;
    const { parsePullCredential } = await import("../secrets/pull-credential.ts");
    const credential = parsePullCredential({
      name: secret,
      value: await ports.readSecret(secret),
      reference,
    });
    return {
      source: { kind: "secret", secret },
      credential: { ...credential, origin: `secret ${secret}` },
    };
  }
  const problems: SlipwayError[] = [];
  const onProblem = (problem: SlipwayError): void => void problems.push(problem);
  const credential = await ports.dockerCredential(reference, signal, onProblem);
  const [problem] = problems;
  if (credential === null)
    return { source: { kind: "anonymous" }, credential, ...(problem && { problem }) };
  return {
    source: { kind: "docker-configuration" },
    credential: { ...credential, origin: "Docker's configuration" },
    ...(problem && { problem }),
  };
}

/** Finds the credential for an image record's registry; null on substrates without registries. */
export async function imageCredential(
  ports: CredentialPorts,
  image: CatalogRecord<"image">,
  signal: AbortSignal,
): Promise<FoundCredential | null> {
  if (image.docker === undefined) return null;
  const reference = parseReference(image.docker.imageRef);
  return await findCredential(ports, { reference, wanted: wantedBy(image.docker) }, signal);
}

function wantedBy({ pullCredential, pullCredentialSecret }: DockerImage): WantedCredential {
  if (pullCredential === "NONE") return { kind: "none" };
  if (pullCredential !== undefined) return { kind: "cloud-identity", service: pullCredential };
  if (pullCredentialSecret === undefined) return null;
  return { kind: "secret", secret: pullCredentialSecret };
}

/** A token goes to the cloud's own registries only: the host that receives it can act with it. */
function requireCloudRegistry(
  { registry }: Reference,
  service: CloudRegistryService,
): CloudRegistry {
  const found = cloudRegistry(registry);
  if (found?.service === service) return found;
  throw new SlipwayError({
    code: "FAILED_PRECONDITION",
    reason: "CREDENTIAL_REGISTRY_MISMATCH",
    message: `pull_credential is ${service}, but ${registry} is not a registry of ${REGISTRY_NAMES[service]}`,
    remedy: "Correct docker.image_ref or docker.pull_credential, or use pull_credential_secret.",
    blastRadius: "image",
    metadata: { registry, service },
  });
}

const REGISTRY_NAMES: Readonly<Record<CloudRegistryService, string>> = {
  ECR: "Amazon ECR",
  GAR: "Artifact Registry",
};

/** Reads all secrets that a launch of the plan needs. */
export async function launchSecrets(
  ports: CredentialPorts,
  plan: LaunchPlan,
  signal: AbortSignal,
): Promise<LaunchSecrets> {
  const { guest } = plan;
  const variables = [
    ...guest.secretRefs.map((name) => [name, name] as const),
    ...guest.runtimeSecretMounts.flatMap(({ secret, env }) =>
      env === null ? [] : [[env, secret] as const],
    ),
  ];
  const mounts = guest.runtimeSecretMounts.filter(({ path }) => path !== null);
  if (variables.length === 0 && mounts.length === 0)
    return { credential: await plannedCredential(ports, plan, signal), environment: {}, files: [] };
  const [found, environment, files] = await Promise.all([
    plannedCredential(ports, plan, signal),
    Promise.all(
      variables.map(async ([variable, name]) => [variable, await ports.readSecret(name)] as const),
    ),
    Promise.all(
      mounts.map(async (mount) => ({ mount, value: await ports.readSecret(mount.secret) })),
    ),
  ]);
  return { credential: found, environment: Object.fromEntries(environment), files };
}

/** Reads the credential from the source that the plan names. It may have been rotated since the plan was resolved. */
async function plannedCredential(
  ports: CredentialPorts,
  { credential, artifact }: LaunchPlan,
  signal: AbortSignal,
): Promise<RegistryCredential | null> {
  if (credential === null || credential.kind === "anonymous") return null;
  const wanted = credential.kind === "docker-configuration" ? null : credential;
  const request = { reference: parseReference(artifact.id), wanted };
  const found = await findCredential(ports, request, signal);
  // The plan promises a credential: an anonymous pull would fail later, and say less.
  if (found.credential === null && found.problem !== undefined) throw found.problem;
  return found.credential;
}
