import { createPrivateKey } from "node:crypto";
import { stat } from "node:fs/promises";
import {
  AwsClient,
  ExternalAccountAuthorizedUserClient,
  IdentityPoolClient,
  JWT,
  PluggableAuthClient,
  UserRefreshClient,
} from "google-auth-library";
import type { AuthClient } from "google-auth-library";
import { z } from "zod";
import { isAbsent, whyUnreadable } from "../../../src/host/read-file.ts";
import { readCredential, unusableFile, withoutEmpty } from "./credential-document.ts";
import type { Content, Unusable } from "./credential-document.ts";
import { userFile } from "./credential-settings.ts";
import type { GceEnvironment, NamedFile } from "./credential-settings.ts";
import { listenToExecutable } from "./executable.ts";
import { impersonated, SCOPES } from "./impersonated.ts";

const POOL_AUDIENCE = "//iam.googleapis.com/";

const required = z.string().min(1);
const serviceAccount = z.looseObject({ client_email: required, private_key: required });
const authorizedUser = z.looseObject({
  client_id: required,
  client_secret: required,
  refresh_token: required,
});
const awsSource = z.looseObject({
  environment_id: required,
  regional_cred_verification_url: required,
});
const executableSource = z.looseObject({ executable: z.looseObject({ command: required }) });
const tokenSource = z.looseObject({
  format: z
    .looseObject({
      type: z.enum(["json", "text"]),
      subject_token_field_name: z.string().exactOptional(),
    })
    .exactOptional(),
});
/** The file that `gcloud iam workload-identity-pools create-cred-config` writes. https://google.aip.dev/auth/4117 */
const externalAccount = z.looseObject({
  audience: required,
  subject_token_type: required,
  credential_source: z.union([awsSource, executableSource, tokenSource]),
});
type ExternalAccount = z.output<typeof externalAccount>;
/** The file of `gcloud auth application-default login --login-config`. */
const workforceUser = z.looseObject({
  audience: required,
  client_id: required,
  client_secret: required,
  refresh_token: required,
  token_info_url: z.string().default(""),
});
/** The file of `gcloud auth application-default login --impersonate-service-account`. */
const impersonatedAccount = z.looseObject({
  service_account_impersonation_url: required,
  source_credentials: z.record(z.string(), z.json()),
  delegates: z.array(z.string()).default([]),
  quota_project_id: z.string().exactOptional(),
});
const PRINCIPAL = /\/serviceAccounts\/([^/:]{1,256}):generateAccessToken$/;

/** Prepares a client before its first request. */
export type PrepareClient = <Client extends AuthClient>(client: Client) => Client;

interface CredentialFile extends NamedFile {
  readonly prepare: PrepareClient;
}

/**
 * The credentials of the file that the environment names, each kind by the library's own class for it,
 * which gets every member of the file. An empty string or null is an absent member.
 *
 * @throws SlipwayError `CLOUD_CONFIGURATION_INVALID`
 */
export async function credentialsOfFile(file: CredentialFile): Promise<AuthClient> {
  const { path, prepare } = file;
  const unusable = (why: string) => unusableFile(file, null, why);
  return clientOf(await readCredential(path, unusable), prepare, unusable);
}

/**
 * The credentials of the file that `gcloud auth application-default login` writes, in the folder that `CLOUDSDK_CONFIG`
 * names or in the user's home; null if there is no such file.
 *
 * @throws SlipwayError `CLOUD_CONFIGURATION_INVALID`
 */
export async function credentialsOfUser(
  { environment, home }: { readonly environment: GceEnvironment; readonly home: string },
  prepare: PrepareClient,
): Promise<AuthClient | null> {
  const path = userFile(environment, home);
  const unusable = (why: string) => unusableFile({ variable: "", path }, null, why);
  try {
    await stat(path);
  } catch (caught) {
    if (isAbsent(caught)) return null;
    throw unusable(`cannot be read: ${whyUnreadable(caught)}`);
  }
  return clientOf(await readCredential(path, unusable), prepare, unusable);
}

/**
 * The credentials of a placement's workload identity provider. Only the source of the workload's token comes from the
 * file.
 *
 * @throws SlipwayError `CLOUD_CONFIGURATION_INVALID`
 */
export async function credentialsOfProvider(
  file: CredentialFile,
  provider: string,
): Promise<AuthClient> {
  const { path, prepare } = file;
  const unusable = (why: string) => unusableFile(file, provider, why);
  const content = await readCredential(path, unusable);
  if (content["type"] !== "external_account")
    throw unusable("does not describe an external account");
  const { data } = externalAccount.safeParse(content);
  if (data === undefined) throw unusable("does not describe an external account");
  // The placement names the account to act as; this file's account is ignored.
  const { service_account_impersonation_url: _url, ...rest } = data;
  return externalClient({ ...rest, audience: audienceOf(provider) }, prepare, unusable);
}

function clientOf(content: Content, prepare: PrepareClient, unusable: Unusable): AuthClient {
  const type = kindOf(content);
  const as = <T extends z.ZodType>(schema: T): z.output<T> => {
    const { data, error } = schema.safeParse(content);
    if (error === undefined) return data;
    const [issue] = error.issues;
    throw unusable(`has no valid ${issue?.path.join(".") || "members"} (type ${String(type)})`);
  };
  switch (type) {
    case "service_account": {
      const client = new JWT({ scopes: [...SCOPES] });
      const account = as(serviceAccount);
      if (!isPrivateKey(account.private_key))
        throw unusable(
          "has a private_key that is not one in PEM form: a part of it may be missing, or its line breaks may be lost or escaped twice",
        );
      client.fromJSON(account);
      return prepare(client);
    }
    case "authorized_user": {
      const client = new UserRefreshClient({});
      client.fromJSON({ ...as(authorizedUser), type });
      return prepare(client);
    }
    case "external_account":
      return externalClient(as(externalAccount), prepare, unusable);
    case "external_account_authorized_user":
      return prepare(
        new ExternalAccountAuthorizedUserClient({
          ...as(workforceUser),
          type,
        }),
      );
    case "impersonated_service_account": {
      const { source_credentials: source, ...file } = as(impersonatedAccount);
      const principal = PRINCIPAL.exec(file.service_account_impersonation_url)?.[1];
      if (principal === undefined)
        throw unusable("has a service_account_impersonation_url that names no service account");
      const own = clientOf(withoutEmpty(source), prepare, unusable);
      const client = impersonated(own, decodeURIComponent(principal), file.delegates);
      if (file.quota_project_id !== undefined) client.quotaProjectId = file.quota_project_id;
      return prepare(client);
    }
    default:
      throw unusable(
        typeof type === "string" && /^[a-z_]{1,64}$/.test(type)
          ? `has credentials of type ${type}, which Compute Engine does not accept`
          : "has no type of credentials",
      );
  }
}

/** Otherwise the first request would fail with OpenSSL's words for it: "DECODER routines::unsupported". */
function isPrivateKey(text: string): boolean {
  try {
    createPrivateKey(text);
    return true;
  } catch {
    return false;
  }
}

/** Google's library accepts the key of a service account without a `type` too. */
function kindOf({ type, client_email: email, private_key: key }: Content): unknown {
  return type === undefined && email !== undefined && key !== undefined ? "service_account" : type;
}

export function audienceOf(provider: string): string {
  return provider.startsWith(POOL_AUDIENCE) ? provider : `${POOL_AUDIENCE}${provider}`;
}

/** The library's own selection writes a warning to the console. */
function externalClient(
  { credential_source: source, ...rest }: ExternalAccount,
  prepare: PrepareClient,
  unusable: Unusable,
): AuthClient {
  const account = { ...rest, type: "external_account", scopes: [...SCOPES] };
  try {
    if ("environment_id" in source)
      return prepare(new AwsClient({ ...account, credential_source: awsSource.parse(source) }));
    if ("executable" in source)
      return prepare(
        listenToExecutable(
          new PluggableAuthClient({
            ...account,
            credential_source: executableSource.parse(source),
          }),
        ),
      );
    return prepare(new IdentityPoolClient({ ...account, credential_source: source }));
  } catch (caught) {
    throw unusable(`cannot be used: ${caught instanceof Error ? caught.message : String(caught)}`);
  }
}
