import { SlipwayError } from "../../../src/errors.ts";
import { loadSdk } from "./load-sdk.ts";
import { checkSharedFiles } from "./shared-files.ts";
import type { AwsEnvironment, SharedFiles } from "./shared-files.ts";

/** The profile that the SDK reads if none is named. It need not exist. */
export const DEFAULT_PROFILE = "default";

export function profileOf(environment: AwsEnvironment): string {
  return environment["AWS_PROFILE"] || DEFAULT_PROFILE;
}

/** Services by the names that signatures have; settings write `_` for `-`. */
export type AwsService = "ec2" | "sts" | "ecr" | "ecr-public";

/**
 * The configured endpoint of a service. The first one set wins, in the order of AWS's own SDKs: `AWS_ENDPOINT_URL_EC2`
 * (or another service's), `AWS_ENDPOINT_URL`, the profile's `services` section, the profile's `endpoint_url`. Null for AWS itself.
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
 *
 * @throws SlipwayError `CLOUD_ENDPOINT_INVALID` if it is not an http or https URL, `CLOUD_CONFIGURATION_INVALID` if a
 *   configuration file is not a regular file
 */
export async function serviceEndpoint(
  service: AwsService,
  environment: AwsEnvironment,
  files: SharedFiles,
): Promise<string | null> {
  const ignored = environment["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"]?.toLowerCase() === "true";
  if (ignored) return null;
  const id = service.replaceAll("-", "_");
  for (const name of [`AWS_ENDPOINT_URL_${id.toUpperCase()}`, "AWS_ENDPOINT_URL"]) {
    const value = environment[name];
    if (value) return requireUrl(value, name);
  }
  const profile = profileOf(environment);
  const value = await configuredEndpoint(id, profile, files);
  return value === null ? null : requireUrl(value, `profile ${profile} in ${files.configFilepath}`);
}

async function configuredEndpoint(
  service: string,
  profile: string,
  files: SharedFiles,
): Promise<string | null> {
  await checkSharedFiles(files);
  const { CONFIG_PREFIX_SEPARATOR, loadSharedConfigFiles } = await loadSdk();
  const { configFile } = await loadSharedConfigFiles(files);
  const section = (name: string) =>
    Object.hasOwn(configFile, name) ? configFile[name] : undefined;
  const settings = section(profile);
  const services = settings?.["services"];
  const ofService =
    services === undefined
      ? undefined
      : section(["services", services].join(CONFIG_PREFIX_SEPARATOR))?.[
          [service, "endpoint_url"].join(CONFIG_PREFIX_SEPARATOR)
        ];
  return ofService || settings?.["endpoint_url"] || null;
}

function requireUrl(value: string, from: string): string {
  const url = URL.canParse(value) ? new URL(value) : null;
  if (url?.protocol === "http:" || url?.protocol === "https:") return value;
  throw new SlipwayError({
    code: "INVALID_ARGUMENT",
    reason: "CLOUD_ENDPOINT_INVALID",
    message: `${from}: the endpoint is not an http or https URL`,
    remedy: "Write a URL such as http://127.0.0.1:4566, or remove the setting to use AWS itself.",
    blastRadius: "credential",
  });
}
