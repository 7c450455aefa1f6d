import { readFile } from "node:fs/promises";
import { ExternalAccountClient, GoogleAuth, Impersonated, OAuth2Client } from "google-auth-library";
import type { AuthClient } from "google-auth-library";
import { z } from "zod";
import { SlipwayError } from "../../src/errors.ts";
import type { GcpTarget } from "../../src/plan.ts";

/** Who calls: whoever only looks, or whoever launches. */
export type GceRole = "reader" | "launcher";

export type GceEnvironment = Readonly<Record<string, string | undefined>>;

export interface CredentialOptions {
  readonly target: GcpTarget;
  /** `CLOUDSDK_AUTH_ACCESS_TOKEN` and `GOOGLE_APPLICATION_CREDENTIALS` are read. */
  readonly environment: GceEnvironment;
  readonly role: GceRole;
}

export const TOKEN_VARIABLE = "CLOUDSDK_AUTH_ACCESS_TOKEN";
const FILE_VARIABLE = "GOOGLE_APPLICATION_CREDENTIALS";
const SCOPES = ["https://www.googleapis.com/auth/cloud-platform"];
const POOL_AUDIENCE = "//iam.googleapis.com/";

/** What `gcloud iam workload-identity-pools create-cred-config` writes. The library reads the rest of it. */
const externalAccount = z.looseObject({
  type: z.literal("external_account"),
  subject_token_type: z.string(),
  credential_source: z.looseObject({}),
});

/**
 * Whose token goes with a call: the one that was given, else the external account of the placement's provider, else
 * application-default credentials; the last two as the placement's service account of this role, where it names one.
 *
 * @throws SlipwayError `CLOUD_CONFIGURATION_INVALID` for an external account without its configuration; and what the
 *   library throws where there are no credentials
 */
export async function openCredentials(options: CredentialOptions): Promise<AuthClient> {
  const { target, environment, role } = options;
  const token = environment[TOKEN_VARIABLE]?.trim();
  if (token !== undefined && token !== "") return tokenClient(token);
  const account = serviceAccountOf(target, role);
  const provider = target.wifProviderResourceName;
  if (provider !== null) return await externalClient(provider, account, environment);
  const own = await defaultClient(environment);
  if (account === null) return own;
  return new Impersonated({
    sourceClient: own,
    targetPrincipal: account,
    targetScopes: SCOPES,
    delegates: [],
  });
}

/** Reading is done with the lesser rights, where the placement has an account for it. */
export function serviceAccountOf(target: GcpTarget, role: GceRole): string | null {
  if (role === "launcher") return target.wifServiceAccount;
  return target.wifReadonlyServiceAccount ?? target.wifServiceAccount;
}

function tokenClient(token: string): AuthClient {
  const client = new OAuth2Client();
  client.setCredentials({ access_token: token });
  return client;
}

async function defaultClient(environment: GceEnvironment): Promise<AuthClient> {
  const keyFilename = environment[FILE_VARIABLE];
  const auth = new GoogleAuth({
    scopes: SCOPES,
    ...(keyFilename === undefined || keyFilename === "" ? {} : { keyFilename }),
  });
  return await auth.getClient();
}

/** The provider and the account are the placement's; where the workload's own token is found stands in a file. */
async function externalClient(
  provider: string,
  account: string | null,
  environment: GceEnvironment,
): Promise<AuthClient> {
  const path = environment[FILE_VARIABLE];
  if (path === undefined || path === "")
    throw unconfigured(provider, `${FILE_VARIABLE} names no file that says where its token is`);
  const parsed = externalAccount.safeParse(await readConfiguration(path, provider));
  if (!parsed.success) throw unconfigured(provider, `${path} describes no external account`);
  const { service_account_impersonation_url: _own, ...configuration } = parsed.data;
  const client = ExternalAccountClient.fromJSON({
    ...configuration,
    audience: audienceOf(provider),
    token_url: "https://sts.googleapis.com/v1/token",
    scopes: SCOPES,
    ...(account === null ? {} : { service_account_impersonation_url: impersonationUrl(account) }),
  });
  if (client === null) throw unconfigured(provider, `${path} describes no external account`);
  return client;
}

async function readConfiguration(path: string, provider: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch (caught) {
    // The parser's words may repeat what is in the file.
    const why = caught instanceof SyntaxError ? "is no JSON" : "cannot be read";
    throw unconfigured(provider, `${path} ${why}`);
  }
}

export function audienceOf(provider: string): string {
  return provider.startsWith(POOL_AUDIENCE) ? provider : `${POOL_AUDIENCE}${provider}`;
}

function impersonationUrl(account: string): string {
  const name = encodeURIComponent(account);
  return `https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${name}:generateAccessToken`;
}

function unconfigured(provider: string, why: string): SlipwayError {
  return new SlipwayError({
    code: "FAILED_PRECONDITION",
    reason: "CLOUD_CONFIGURATION_INVALID",
    message: `workload identity provider ${provider}: ${why}`,
    remedy: `Write one with \`gcloud iam workload-identity-pools create-cred-config\` and set ${FILE_VARIABLE} to it, or set ${TOKEN_VARIABLE}.`,
    blastRadius: "credential",
  });
}
