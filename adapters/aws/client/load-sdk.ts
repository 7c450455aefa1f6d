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

/** The clients of EC2 and STS with their commands, and the reader of the configuration files. */
export const loadSdk = sdkLoader(EC2, () => import("./sdk.ts"));

/** The SDK's default chain of credentials. */
export const loadCredentialChain: () => Promise<typeof CredentialChain> = sdkLoader(
  EC2,
  () => import("@aws-sdk/credential-provider-node"),
);

/**
 * Loads what every call needs ahead of the first one.
 *
 * @throws SlipwayError `PACKAGE_NOT_INSTALLED` for a package that is missing
 */
export async function loadAwsSdk(): Promise<void> {
  await loadSdk();
}
