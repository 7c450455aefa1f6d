import {
  AwsClient,
  IdentityPoolClient,
  JWT,
  PluggableAuthClient,
  UserRefreshClient,
} from "google-auth-library";
import type { AuthClient } from "google-auth-library";
import { z } from "zod";
import { SlipwayError } from "../../../src/errors.ts";
import { readRegularFile, whyUnreadable } from "../../../src/host/read-file.ts";

export type GceEnvironment = Readonly<Record<string, string | undefined>>;

export const TOKEN_VARIABLE = "CLOUDSDK_AUTH_ACCESS_TOKEN";
export const FILE_VARIABLE = "GOOGLE_APPLICATION_CREDENTIALS";
export const SCOPES: readonly string[] = ["https://www.googleapis.com/auth/cloud-platform"];

const LARGEST_FILE = 1024 * 1024;
const POOL_AUDIENCE = "//iam.googleapis.com/";

const serviceAccount = z.object({
  type: z.literal("service_account"),
  client_email: z.string(),
  private_key: z.string(),
  private_key_id: z.string().optional(),
});
const authorizedUser = z.object({
  type: z.literal("authorized_user"),
  client_id: z.string(),
  client_secret: z.string(),
  refresh_token: z.string(),
});
const awsSource = z.object({
  environment_id: z.string(),
  region_url: z.string().exactOptional(),
  url: z.string().exactOptional(),
  regional_cred_verification_url: z.string(),
  imdsv2_session_token_url: z.string().exactOptional(),
});
const executableSource = z.object({
  executable: z.object({
    command: z.string(),
    timeout_millis: z.number().exactOptional(),
    output_file: z.string().exactOptional(),
  }),
});
const tokenSource = z.object({
  file: z.string().exactOptional(),
  url: z.string().exactOptional(),
  headers: z.record(z.string(), z.string()).exactOptional(),
  format: z
    .object({
      type: z.enum(["json", "text"]),
      subject_token_field_name: z.string().exactOptional(),
    })
    .exactOptional(),
  certificate: z
    .object({
      use_default_certificate_config: z.boolean().exactOptional(),
      certificate_config_location: z.string().exactOptional(),
      trust_chain_path: z.string().exactOptional(),
    })
    .exactOptional(),
});
/** The file that `gcloud iam workload-identity-pools create-cred-config` writes. https://google.aip.dev/auth/4117 */
const externalAccount = z.object({
  type: z.literal("external_account"),
  audience: z.string(),
  subject_token_type: z.string(),
  token_url: z.string().default("https://sts.googleapis.com/v1/token"),
  service_account_impersonation_url: z.string().exactOptional(),
  credential_source: z.union([awsSource, executableSource, tokenSource]),
});
type ExternalAccount = z.output<typeof externalAccount>;

/**
 * Reads the credentials of a file; null for a kind that the library's own search handles. For a workload identity
 * provider only the source of the workload's token is used.
 *
 * @param path empty if no file is named
 * @throws SlipwayError `CLOUD_CONFIGURATION_INVALID`
 */
export async function credentialsOfFile(
  path: string,
  provider: string | null,
): Promise<AuthClient | null> {
  const content = await readCredential(path, provider);
  const external = externalAccount.safeParse(content);
  if (provider !== null) {
    if (!external.success) throw unusable(path, provider, "does not describe an external account");
    // The placement names the account to act as; this file's account is ignored.
    const { service_account_impersonation_url: _url, ...rest } = external.data;
    return externalClient({ ...rest, audience: audienceOf(provider) });
  }
  if (external.success) return externalClient(external.data);
  const account = serviceAccount.safeParse(content);
  if (account.success) {
    const { client_email: email, private_key: key } = account.data;
    return new JWT({ email, key, scopes: [...SCOPES] });
  }
  const user = authorizedUser.safeParse(content);
  if (!user.success) return null;
  return new UserRefreshClient({
    clientId: user.data.client_id,
    clientSecret: user.data.client_secret,
    refreshToken: user.data.refresh_token,
  });
}

export function audienceOf(provider: string): string {
  return provider.startsWith(POOL_AUDIENCE) ? provider : `${POOL_AUDIENCE}${provider}`;
}

/** The library's own selection writes a warning to the console. */
function externalClient({ credential_source: source, ...rest }: ExternalAccount): AuthClient {
  const account = { ...rest, scopes: [...SCOPES] };
  if ("environment_id" in source) return new AwsClient({ ...account, credential_source: source });
  if ("executable" in source)
    return new PluggableAuthClient({ ...account, credential_source: source });
  return new IdentityPoolClient({ ...account, credential_source: source });
}

async function readCredential(path: string, provider: string | null): Promise<unknown> {
  if (path === "") throw unusable(path, provider, "does not name a file with its token");
  try {
    return JSON.parse((await readRegularFile(path, LARGEST_FILE)).toString("utf8"));
  } catch (caught) {
    // The parser's message may quote the file.
    const why =
      caught instanceof SyntaxError ? "is not JSON" : `cannot be read: ${whyUnreadable(caught)}`;
    throw unusable(path, provider, why);
  }
}

function unusable(path: string, provider: string | null, why: string): SlipwayError {
  const whose = provider === null ? "" : `workload identity provider ${provider}: `;
  const how =
    provider === null
      ? "Sign in with `gcloud auth application-default login`"
      : "Write it with `gcloud iam workload-identity-pools create-cred-config`";
  return new SlipwayError({
    code: "FAILED_PRECONDITION",
    reason: "CLOUD_CONFIGURATION_INVALID",
    message: `${whose}${FILE_VARIABLE} ${path === "" ? "" : `${path} `}${why}`,
    remedy: `${how}, or set ${TOKEN_VARIABLE}.`,
    blastRadius: "credential",
  });
}
