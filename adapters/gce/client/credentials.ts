import type { AuthClient } from "google-auth-library";
import { OAuth2Client } from "google-auth-library";
import { SlipwayError } from "../../../src/errors.ts";
import {
  credentialsOfFile,
  credentialsOfProvider,
  credentialsOfUser,
  FILE_VARIABLE,
  namedFile,
  QUOTA_PROJECT_VARIABLE,
  UNIVERSE_VARIABLE,
  userFile,
} from "./credential-file.ts";
import { TOKEN_VARIABLE } from "./credential-document.ts";
import type { GceEnvironment, PrepareClient } from "./credential-file.ts";
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

/**
 * The credentials of a call: the given token unchanged; otherwise application-default credentials, or the placement's
 * workload identity provider, impersonating the placement's service account for this role if it has one.
 *
 * @throws SlipwayError `CLOUD_CONFIGURATION_INVALID` for a file that is not a valid credential, or not the
 * provider's; and the library's error if there are no credentials
 */
export async function openCredentials(options: CredentialOptions): Promise<AuthClient> {
  const { target, environment, role } = options;
  const quotaProject = valueOf(environment, QUOTA_PROJECT_VARIABLE);
  const prepare: PrepareClient = (client) => {
    if (quotaProject !== null) client.quotaProjectId = quotaProject;
    return guardTokenRequests(client, options);
  };
  const token = valueOf(environment, TOKEN_VARIABLE);
  const universe = valueOf(environment, UNIVERSE_VARIABLE);
  if (token !== null) return prepare(tokenClient(token, universe));
  const own = await ownCredentials(options, prepare);
  if (universe !== null && universe !== own.universeDomain)
    throw otherUniverse(universe, own.universeDomain);
  const account = serviceAccountOf(target, role);
  return account === null ? own : prepare(impersonated(own, account));
}

function tokenClient(token: string, universeDomain: string | null): AuthClient {
  const client = new OAuth2Client(universeDomain === null ? {} : { universeDomain });
  client.setCredentials({ access_token: token });
  return client;
}

async function ownCredentials(
  { target, environment, home, now }: CredentialOptions,
  prepare: PrepareClient,
): Promise<AuthClient> {
  const { wifProviderResourceName: provider } = target;
  const file = namedFile(environment);
  if (provider !== null) return await credentialsOfProvider({ ...file, prepare }, provider);
  if (file.path !== "") return await credentialsOfFile({ ...file, prepare });
  const user = await credentialsOfUser({ environment, home }, prepare);
  if (user !== null) return user;
  try {
    return prepare(await machineCredentials({ environment, now }));
  } catch (caught) {
    if (!(caught instanceof NoMetadataServer)) throw caught;
    throw noCredentials(userFile(environment, home), caught);
  }
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
