/** The clouds' registries that take a token of the cloud's own identities, as a record's `pull_credential` names them. */
export const CLOUD_REGISTRIES = ["ECR", "GAR"] as const;
export type CloudRegistryService = (typeof CLOUD_REGISTRIES)[number];

/** A cloud's registry, recognised by its host name. */
export type CloudRegistry =
  | {
      readonly service: "ECR";
      /** The API that grants tokens, by the name that a signature has: private registries, or the public gallery. */
      readonly api: "ecr" | "ecr-public";
      readonly region: string;
      /** Host name of the API. */
      readonly apiHost: string;
    }
  | { readonly service: "GAR" };

/**
 * Host names of private ECR registries, in every partition: with FIPS endpoints (`ecr-fips`), and with dual-stack ones
 * (`dkr-ecr`, below `on.aws`). The grammar covers the whole name, so that a look-alike is not one of them.
 *
 * Source: https://docs.aws.amazon.com/general/latest/gr/ecr.html and the matchers of amazon-ecr-credential-helper and of
 * cloud-provider-aws
 */
const LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
const ECR_IPV4 = new RegExp(
  `^\\d{12}\\.dkr\\.ecr(-fips)?\\.(${LABEL})\\.(amazonaws\\.com|amazonaws\\.com\\.cn|amazonaws\\.eu|c2s\\.ic\\.gov|sc2s\\.sgov\\.gov|cloud\\.adc-e\\.uk|csp\\.hci\\.ic\\.gov)$`,
);
const ECR_DUAL_STACK = new RegExp(
  `^\\d{12}\\.dkr-ecr(-fips)?\\.(${LABEL})\\.on\\.(aws|amazonwebservices\\.com\\.cn)$`,
);
/** The public gallery has one region, whichever it is read from. */
const ECR_PUBLIC: ReadonlySet<string> = new Set(["public.ecr.aws", "ecr-public.aws.com"]);
const ECR_PUBLIC_REGION = "us-east-1";

/**
 * Artifact Registry, and Container Registry's names, which Artifact Registry serves.
 *
 * Source: https://cloud.google.com/artifact-registry/docs/docker/authentication
 */
const GAR = new RegExp(`^(?:${LABEL}\\.pkg\\.dev|(?:${LABEL}\\.)?gcr\\.io)$`);

/**
 * @param registry the host of a reference, with its port if it has one; the clouds' registries have none
 * @returns null for the registry of another operator
 */
export function cloudRegistry(registry: string): CloudRegistry | null {
  if (ECR_PUBLIC.has(registry))
    return {
      service: "ECR",
      api: "ecr-public",
      region: ECR_PUBLIC_REGION,
      apiHost: `api.ecr-public.${ECR_PUBLIC_REGION}.amazonaws.com`,
    };
  const [, fips, region, suffix] = ECR_IPV4.exec(registry) ?? [];
  if (region !== undefined) {
    const name = fips === undefined ? "api.ecr" : "ecr-fips";
    return { service: "ECR", api: "ecr", region, apiHost: `${name}.${region}.${suffix}` };
  }
  const [, dualFips = "", dualRegion, dualSuffix] = ECR_DUAL_STACK.exec(registry) ?? [];
  if (dualRegion !== undefined)
    return {
      service: "ECR",
      api: "ecr",
      region: dualRegion,
      apiHost: `ecr${dualFips}.${dualRegion}.api.${dualSuffix}`,
    };
  return GAR.test(registry) ? { service: "GAR" } : null;
}
