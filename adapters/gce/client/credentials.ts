import type { AuthClient } from "google-auth-library";
import { GoogleAuth, OAuth2Client } from "google-auth-library";
import { z } from "zod";
import type { GcpTarget } from "../../../src/plan/plan.ts";
import { credentialsOfFile, FILE_VARIABLE, SCOPES, TOKEN_VARIABLE } from "./credential-file.ts";
import type { GceEnvironment } from "./credential-file.ts";
import type { SecretMemory } from "../../../src/redaction/secret-memory.ts";
import { guardTokenRequests } from "./token-requests.ts";
import { serviceAccountOf } from "../target.ts";
import type { GceRole } from "../target.ts";

export interface CredentialOptions {
  readonly target: GcpTarget;
  /** Variables read: `CLOUDSDK_AUTH_ACCESS_TOKEN` and `GOOGLE_APPLICATION_CREDENTIALS`. */
  readonly environment: GceEnvironment;
  readonly role: GceRole;
  /** Receives the secrets of each request. */
  readonly memory: SecretMemory;
}

/**
 * The credentials of a call: the given token unchanged; otherwise application-default credentials, or the placement's
 * workload identity provider, impersonating the placement's service account for this role if it has one.
 *
 * @throws SlipwayError `CLOUD_CONFIGURATION_INVALID` for a file that is not a valid credential, or not the
 * provider's; and the library's error if there are no credentials
 */
export async function openCredentials(options: CredentialOptions): Promise<AuthClient> {
  const { target, environment, role, memory } = options;
  const token = environment[TOKEN_VARIABLE]?.trim();
  if (token !== undefined && token !== "") return guardTokenRequests(tokenClient(token), memory);
  const own = guardTokenRequests(await ownCredentials(target, environment), memory);
  const account = serviceAccountOf(target, role);
  return account === null ? own : guardTokenRequests(impersonated(own, account), memory);
}

function tokenClient(token: string): AuthClient {
  const client = new OAuth2Client();
  client.setCredentials({ access_token: token });
  return client;
}

async function ownCredentials(
  { wifProviderResourceName: provider }: GcpTarget,
  environment: GceEnvironment,
): Promise<AuthClient> {
  const path = environment[FILE_VARIABLE] ?? "";
  if (path !== "" || provider !== null) {
    const client = await credentialsOfFile(path, provider);
    if (client !== null) return client;
  }
  return await new GoogleAuth({ scopes: [...SCOPES] }).getClient();
}

const tokenReply = z.object({
  accessToken: z.string().min(1),
  expireTime: z.string().transform((time) => Date.parse(time)),
});
const LIFETIME = "3600s";

/**
 * Requests another account's tokens with these credentials. The library's own class writes a warning to the console
 * whenever it is created.
 */
export function impersonated(own: AuthClient, account: string): AuthClient {
  const client = new OAuth2Client();
  client.refreshHandler = async () => {
    const { data } = await own.request({
      url: `https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${encodeURIComponent(account)}:generateAccessToken`,
      method: "POST",
      data: { scope: SCOPES, lifetime: LIFETIME },
    });
    const { accessToken, expireTime } = tokenReply.parse(data);
    return { access_token: accessToken, expiry_date: expireTime };
  };
  return client;
}
