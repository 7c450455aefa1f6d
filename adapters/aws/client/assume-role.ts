import type { STSClient } from "@aws-sdk/client-sts";
import type { AwsCredentialIdentity } from "@smithy/types";
import { cloudError } from "../errors/errors.ts";
import { stsSdk } from "./sdk.ts";

/** Told to AWS, and shown in the account's audit trail beside each call. */
const SESSION_NAME = "slipway";

/** Temporary credentials of a role. @throws SlipwayError as {@link cloudError} judges the refusal */
export async function assumeRole(
  sts: STSClient,
  roleArn: string,
  region: string,
): Promise<AwsCredentialIdentity> {
  const { AssumeRoleCommand } = stsSdk();
  const context = { operation: "AssumeRole", subject: `role ${roleArn}`, region } as const;
  try {
    const input = { RoleArn: roleArn, RoleSessionName: SESSION_NAME };
    const { Credentials: given } = await sts.send(new AssumeRoleCommand(input));
    const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = given ?? {};
    if (AccessKeyId === undefined || SecretAccessKey === undefined || SessionToken === undefined)
      throw new TypeError("the answer holds no credentials");
    return {
      accessKeyId: AccessKeyId,
      secretAccessKey: SecretAccessKey,
      sessionToken: SessionToken,
      ...(Expiration === undefined ? {} : { expiration: Expiration }),
    };
  } catch (caught) {
    throw cloudError(caught, context);
  }
}
