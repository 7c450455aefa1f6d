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

/** The clients of EC2 and STS, and their commands. */
export const loadClients = sdkLoader(EC2, () => import("./sdk.ts"));

/** The SDK's default chain of credentials. */
export const loadCredentialChain = sdkLoader(
  EC2,
  () => import("@aws-sdk/credential-provider-node"),
);

/** The reader of `~/.aws/config` and `~/.aws/credentials`. */
export const loadConfigReader = sdkLoader(EC2, () => import("@smithy/core/config"));

/**
 * Loads what every call needs ahead of the first one.
 *
 * @throws SlipwayError `PACKAGE_NOT_INSTALLED` for a package that is missing
 */
export async function loadAwsSdk(): Promise<void> {
  await loadClients();
}
