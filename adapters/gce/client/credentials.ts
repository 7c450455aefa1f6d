import type { AuthClient } from "google-auth-library";
import {
  BaseExternalAccountClient,
  ExternalAccountAuthorizedUserClient,
  JWT,
  OAuth2Client,
  UserRefreshClient,
} from "google-auth-library";
import { SlipwayError } from "../../../src/errors.ts";
import { credentialsOfFile, credentialsOfProvider, credentialsOfUser } from "./credential-file.ts";
import type { PrepareClient } from "./credential-file.ts";
import {
  FILE_VARIABLE,
  namedFile,
  QUOTA_PROJECT_VARIABLE,
  UNIVERSE_VARIABLE,
  userFile,
  TOKEN_VARIABLE,
} from "./credential-settings.ts";
import type { GceEnvironment } from "./credential-settings.ts";
import { impersonated } from "./impersonated.ts";
import { machineCredentials, NoMetadataServer } from "./metadata-server.ts";
import { guardTokenRequests } from "./token-requests.ts";
import type { TokenRequestOptions } from "./token-requests.ts";
import { serviceAccountOf } from "../target.ts";
import type { GceIdentity, GceRole } from "../target.ts";

export interface CredentialOptions extends TokenRequestOptions {
  readonly target: GceIdentity;
  /** The variables of Google's libraries, such as `GOOGLE_APPLICATION_CREDENTIALS`. */
  readonly environment: GceEnvironment;
  /** The user's home folder. */
  readonly home: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly role: GceRole;
}

/** Credentials, and what they are. */
export interface FoundCredentials {
  readonly client: AuthClient;
  /** The kind and the source, without secrets: `service account a@b (GOOGLE_APPLICATION_CREDENTIALS /key.json)`. */
  readonly description: string;
}

/**
 * The credentials of a call: the given token unchanged; otherwise application-default credentials, or the placement's
 * workload identity provider, impersonating the placement's service account for this role if it has one.
 *
 * @throws SlipwayError `CLOUD_CONFIGURATION_INVALID` for a file that is not a valid credential, or not the
 * provider's; and the library's error if there are no credentials
 */
export async function openCredentials(options: CredentialOptions): Promise<AuthClient> {
  return (await findCredentials(options)).client;
}

/** As {@link openCredentials}. */
export async function findCredentials(options: CredentialOptions): Promise<FoundCredentials> {
  const { target, environment, role } = options;
  const quotaProject = valueOf(environment, QUOTA_PROJECT_VARIABLE);
  const prepare: PrepareClient = (client) => {
    if (quotaProject !== null) client.quotaProjectId = quotaProject;
    return guardTokenRequests(client, options);
  };
  const token = valueOf(environment, TOKEN_VARIABLE);
  const universe = valueOf(environment, UNIVERSE_VARIABLE);
  if (token !== null)
    return {
      client: prepare(tokenClient(token, universe)),
      description: `the token in ${TOKEN_VARIABLE}`,
    };
  const own = await ownCredentials(options, prepare);
  if (universe !== null && universe !== own.client.universeDomain)
    throw otherUniverse(universe, own.client.universeDomain);
  const account = serviceAccountOf(target, role);
  if (account === null) return own;
  return {
    client: prepare(impersonated(own.client, account)),
    description: `service account ${account}, impersonated by ${own.description}`,
  };
}

function tokenClient(token: string, universeDomain: string | null): AuthClient {
  const client = new OAuth2Client(universeDomain === null ? {} : { universeDomain });
  client.setCredentials({ access_token: token });
  return client;
}

async function ownCredentials(
  { target, environment, home, now }: CredentialOptions,
  prepare: PrepareClient,
): Promise<FoundCredentials> {
  const { wifProviderResourceName: provider } = target;
  const file = namedFile(environment);
  const found = (client: AuthClient, source: string): FoundCredentials => ({
    client,
    description: `${kindOf(client)} (${source})`,
  });
  const named = `${file.variable} ${file.path}`;
  if (provider !== null)
    return found(await credentialsOfProvider({ ...file, prepare }, provider), named);
  if (file.path !== "") return found(await credentialsOfFile({ ...file, prepare }), named);
  const user = await credentialsOfUser({ environment, home }, prepare);
  if (user !== null) return found(user, userFile(environment, home));
  try {
    return {
      client: prepare(await machineCredentials({ environment, now })),
      description: "the service account of this machine (metadata server)",
    };
  } catch (caught) {
    if (!(caught instanceof NoMetadataServer)) throw caught;
    throw noCredentials(userFile(environment, home), caught);
  }
}

function kindOf(client: AuthClient): string {
  if (client instanceof JWT) return `service account ${client.email ?? ""}`;
  if (client instanceof UserRefreshClient) return "a user";
  if (client instanceof BaseExternalAccountClient) return "an external account";
  if (client instanceof ExternalAccountAuthorizedUserClient) return "a workforce user";
  return "an impersonated service account";
}

/** Names every source, in the order of the search. Nothing is wrong with the network: there may be no such server. */
function noCredentials(file: string, why: NoMetadataServer): SlipwayError {
  return new SlipwayError({
    code: "UNAUTHENTICATED",
    reason: "CLOUD_UNAUTHENTICATED",
    message: `there is no access token for Compute Engine: ${TOKEN_VARIABLE} and ${FILE_VARIABLE} are not set, ${file} does not exist, and no metadata server answers (${why.message})`,
    remedy: `Sign in with \`gcloud auth application-default login\`, or set ${FILE_VARIABLE} or ${TOKEN_VARIABLE}.`,
    blastRadius: "credential",
  });
}

function otherUniverse(wanted: string, own: string): SlipwayError {
  return new SlipwayError({
    code: "FAILED_PRECONDITION",
    reason: "CLOUD_CONFIGURATION_INVALID",
    message: `${UNIVERSE_VARIABLE} is ${wanted}, but the credentials are for the universe ${own}`,
    remedy: `Unset ${UNIVERSE_VARIABLE}, or use credentials of that universe.`,
    blastRadius: "credential",
  });
}

function valueOf(environment: GceEnvironment, name: string): string | null {
  const value = environment[name]?.trim() ?? "";
  return value === "" ? null : value;
}
