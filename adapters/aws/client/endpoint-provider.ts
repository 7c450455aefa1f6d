import { SlipwayError } from "../../../src/errors.ts";
import { loadSdk } from "./load-sdk.ts";
import { checkSharedFiles } from "./shared-files.ts";
import type { AwsEnvironment, SharedFiles } from "./shared-files.ts";

const DEFAULT_PROFILE = "default";

export function profileOf(environment: AwsEnvironment): string {
  return environment["AWS_PROFILE"] || DEFAULT_PROFILE;
}

/**
 * The address that a service is spoken to at, in the order of AWS's own SDKs: `AWS_ENDPOINT_URL_EC2`,
 * `AWS_ENDPOINT_URL`, the profile's `services` section, the profile's `endpoint_url`; null for AWS itself.
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
 *
 * @throws SlipwayError `CLOUD_ENDPOINT_INVALID` for what is no address, `CLOUD_CONFIGURATION_INVALID` for a configuration
 *   that is not a file
 */
export async function serviceEndpoint(
  service: "ec2" | "sts",
  environment: AwsEnvironment,
  files: SharedFiles,
): Promise<string | null> {
  const ignored = environment["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"]?.toLowerCase() === "true";
  if (ignored) return null;
  for (const name of [`AWS_ENDPOINT_URL_${service.toUpperCase()}`, "AWS_ENDPOINT_URL"]) {
    const value = environment[name];
    if (value) return address(value, name);
  }
  const profile = profileOf(environment);
  const value = await configuredEndpoint(service, profile, files);
  return value === null ? null : address(value, `profile ${profile} in ${files.configFilepath}`);
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

function address(value: string, from: string): string {
  const url = URL.canParse(value) ? new URL(value) : null;
  if (url?.protocol === "http:" || url?.protocol === "https:") return value;
  throw new SlipwayError({
    code: "INVALID_ARGUMENT",
    reason: "CLOUD_ENDPOINT_INVALID",
    message: `${from}: the endpoint is no http or https address`,
    remedy: "Write it such as http://127.0.0.1:4566, or leave it out to speak to AWS itself.",
    blastRadius: "credential",
  });
}
