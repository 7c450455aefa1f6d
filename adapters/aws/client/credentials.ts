import { memoizeAsync } from "../../../src/async/memoize.ts";
import { SlipwayError } from "../../../src/errors.ts";
import type { SecretMemory } from "../../../src/redaction/secret-memory.ts";
import { profileOf } from "./endpoint-provider.ts";
import { loadCredentialChain } from "./load-sdk.ts";
import { checkSharedFiles, checkTokenFiles } from "./shared-files.ts";
import type { AwsEnvironment, SharedFiles } from "./shared-files.ts";
import { NO_CREDENTIALS } from "../errors/errors.ts";

/** What a request is signed with. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  /** None for credentials that do not expire. */
  readonly expiration?: Date;
}

export type CredentialProvider = () => Promise<AwsCredentials>;

/** Temporary credentials are replaced this long before they expire, as AWS's own SDKs do it. */
const MARGIN_MILLISECONDS = 5 * 60_000;

/** The SDK would tell of two sources of credentials on standard error, which is not its own. */
export const SILENT_LOGGER = {
  trace() {},
  debug() {},
  info() {},
  warn() {},
  error() {},
};

/**
 * Whoever runs Slipway, by the SDK's default chain: the environment's keys (unless it names a profile), the profile
 * with single sign-on, assumed roles and programs, a web identity, a container's or an instance's own role. Nothing is
 * read before the first request.
 */
export function environmentCredentials(
  environment: AwsEnvironment,
  files: SharedFiles,
): CredentialProvider {
  const accessKeyId = environment["AWS_ACCESS_KEY_ID"];
  const secretAccessKey = environment["AWS_SECRET_ACCESS_KEY"];
  if (!environment["AWS_PROFILE"] && accessKeyId && secretAccessKey) {
    const sessionToken = environment["AWS_SESSION_TOKEN"];
    const keys = { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
    return async () => keys;
  }
  const openChain = memoizeAsync(() => defaultChain(environment, files));
  return async () => {
    const chain = await openChain();
    try {
      return await chain();
    } catch (caught) {
      throw noCredentials(caught, environment);
    }
  };
}

/** The SDK's own words tell what it has tried last, and not where the user thinks that the credentials are. */
function noCredentials(caught: unknown, environment: AwsEnvironment): unknown {
  if (!(caught instanceof Error) || caught.name !== "CredentialsProviderError") return caught;
  const named = environment["AWS_PROFILE"];
  const from = named ? `profile ${named} (AWS_PROFILE)` : "the environment";
  return new SlipwayError({
    ...NO_CREDENTIALS,
    message: `${from} gives no credentials for AWS: ${caught.message.split("\n", 1)[0] ?? ""}`,
    metadata: named ? { profile: named } : {},
    cause: caught,
  });
}

async function defaultChain(
  environment: AwsEnvironment,
  files: SharedFiles,
): Promise<CredentialProvider> {
  await checkSharedFiles(files);
  await checkTokenFiles(environment);
  const { defaultProvider } = await loadCredentialChain();
  const webIdentityTokenFile = environment["AWS_WEB_IDENTITY_TOKEN_FILE"];
  const roleArn = environment["AWS_ROLE_ARN"];
  const roleSessionName = environment["AWS_ROLE_SESSION_NAME"];
  return defaultProvider({
    ...files,
    // Always named: without a name the chain would begin with the keys of the process, which may not be ours.
    profile: profileOf(environment),
    logger: SILENT_LOGGER,
    ...(webIdentityTokenFile ? { webIdentityTokenFile } : {}),
    ...(roleArn ? { roleArn } : {}),
    ...(roleSessionName ? { roleSessionName } : {}),
  });
}

/** Keeps what `load` gave until shortly before it expires; callers at the same time share one load. */
export function cachedCredentials(load: CredentialProvider, now: () => number): CredentialProvider {
  return memoizeAsync(() => load(), { isGood: (known) => !expiresSoon(known, now()) });
}

/** The same credentials; what is secret of them is kept out of all that AWS says. */
export function remembering(load: CredentialProvider, memory: SecretMemory): CredentialProvider {
  return async () => {
    const identity = await load();
    memory.add(identity.secretAccessKey);
    memory.add(identity.sessionToken ?? "");
    return identity;
  };
}

function expiresSoon({ expiration }: AwsCredentials, now: number): boolean {
  return expiration !== undefined && expiration.getTime() - now < MARGIN_MILLISECONDS;
}
