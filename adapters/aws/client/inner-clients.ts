import type { STSClientConfig } from "@aws-sdk/client-sts";
import type { DefaultProviderInit } from "@aws-sdk/credential-provider-node";
import { cloudError } from "../errors/errors.ts";
import { loadSdk } from "./load-sdk.ts";

/** Settings that all clients of a region share. */
export interface ClientSettings extends Pick<
  STSClientConfig,
  | "customUserAgent"
  | "endpoint"
  | "logger"
  | "maxAttempts"
  | "profile"
  | "requestHandler"
  | "retryMode"
  | "retryStrategy"
> {
  readonly region: string;
}

/** The clients of the SDK's chain of credential sources. */
export type InnerClients = Required<
  Pick<DefaultProviderInit, "clientConfig" | "roleAssumer" | "roleAssumerWithWebIdentity">
>;

/**
 * The clients with which the chain assumes roles, exchanges web identities and reads single sign-on. Those that the
 * chain would make itself take the region of the environment or the profile, or else us-east-1, with a warning on the
 * console: STS of one partition knows neither the roles nor the identity providers of another.
 */
export async function innerClients(sts: ClientSettings): Promise<InnerClients> {
  const { getDefaultRoleAssumer, getDefaultRoleAssumerWithWebIdentity } = await loadSdk();
  const assume = getDefaultRoleAssumer(sts);
  const exchange = getDefaultRoleAssumerWithWebIdentity(sts);
  // Single sign-on has a region and endpoints of its own, which the profile and the SDK's variables name.
  const { endpoint: _endpoint, region: _region, ...clientConfig } = sts;
  return {
    clientConfig,
    roleAssumer: (source, parameters) =>
      asRole("AssumeRole", parameters.RoleArn, sts, () => assume(source, parameters)),
    roleAssumerWithWebIdentity: (parameters) =>
      asRole("AssumeRoleWithWebIdentity", parameters.RoleArn, sts, () => exchange(parameters)),
  };
}

/** @throws SlipwayError that names the role, so that the failure is not taken for one of the call that needed it */
async function asRole<Credentials>(
  operation: "AssumeRole" | "AssumeRoleWithWebIdentity",
  arn: string | undefined,
  { region }: ClientSettings,
  call: () => Promise<Credentials>,
): Promise<Credentials> {
  try {
    return await call();
  } catch (caught) {
    throw cloudError(caught, { operation, subject: `role ${arn ?? ""}`, region });
  }
}
