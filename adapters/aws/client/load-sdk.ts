import type * as CredentialChain from "@aws-sdk/credential-provider-node";
import { sdkLoader } from "../../../src/substrate/load-sdk.ts";

const EC2 = {
  provider: "EC2",
  packages: [
    "@aws-sdk/client-ec2",
    "@aws-sdk/client-sts",
    "@aws-sdk/credential-provider-node",
    "@smithy/core",
  ],
} as const;

/** Loads the EC2 and STS clients with their commands, and the parser of the configuration files. */
export const loadSdk = sdkLoader(EC2, () => import("./sdk.ts"));

/** Loads the SDK's default credential chain. */
export const loadCredentialChain: () => Promise<typeof CredentialChain> = sdkLoader(
  EC2,
  () => import("@aws-sdk/credential-provider-node"),
);

/**
 * Loads the SDK before the first call needs it.
 *
 * @throws SlipwayError `PACKAGE_NOT_INSTALLED` if one of its packages is missing
 */
export async function loadAwsSdk(): Promise<void> {
  await loadSdk();
}
