import { createSecureContext, getCACertificates } from "node:tls";
import type { SecureContext } from "node:tls";
import { SlipwayError } from "../../../src/errors.ts";
import { readRegularFile, whyUnreadable } from "../../../src/host/read-file.ts";
import { profileOf } from "./endpoint-provider.ts";
import { loadSdk } from "./load-sdk.ts";
import type { AwsEnvironment, SharedFiles } from "./shared-files.ts";

const LARGEST_BUNDLE = 16 * 1024 * 1024;
const CERTIFICATE = /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----/;

class NoCertificate extends Error {}

/**
 * Trusts Node's own certificate authorities, and those of `AWS_CA_BUNDLE` or the profile's `ca_bundle`. AWS's
 * command line and most of its SDKs read that setting; the SDK for JavaScript does not. Null without the setting.
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-gen-config.html
 *
 * @throws SlipwayError `CLOUD_CONFIGURATION_INVALID` if the file cannot be used
 */
export async function trustedAuthorities(
  environment: AwsEnvironment,
  files: SharedFiles,
): Promise<SecureContext | null> {
  const named = environment["AWS_CA_BUNDLE"];
  const path = named || (await configuredBundle(environment, files));
  if (!path) return null;
  try {
    const bundle = (await readRegularFile(path, LARGEST_BUNDLE)).toString("utf8");
    // Node ignores a file without one.
    if (!CERTIFICATE.test(bundle)) throw new NoCertificate();
    return createSecureContext({ ca: [...getCACertificates("default"), bundle] });
  } catch (caught) {
    throw new SlipwayError({
      code: "FAILED_PRECONDITION",
      reason: "CLOUD_CONFIGURATION_INVALID",
      message: `${named ? "AWS_CA_BUNDLE" : "ca_bundle"} ${path} cannot be used: ${caught instanceof NoCertificate ? "it has no certificate in PEM format" : whyUnreadable(caught)}`,
      remedy: "Name a file of certificate authorities in PEM format, or remove the setting.",
      blastRadius: "credential",
      metadata: { path },
      cause: caught,
    });
  }
}

async function configuredBundle(
  environment: AwsEnvironment,
  files: SharedFiles,
): Promise<string | undefined> {
  const { loadSharedConfigFiles } = await loadSdk();
  const { configFile } = await loadSharedConfigFiles(files);
  const profile = profileOf(environment);
  return Object.hasOwn(configFile, profile) ? configFile[profile]?.["ca_bundle"] : undefined;
}
