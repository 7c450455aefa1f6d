import { memoizeAsync } from "../../../src/async/memoize.ts";
import { SlipwayError } from "../../../src/errors.ts";
import type { SecretMemory } from "../../../src/redaction/secret-memory.ts";
import { chainSecrets } from "./chain-secrets.ts";
import { profileOf } from "./endpoint-provider.ts";
import type { InnerClients } from "./inner-clients.ts";
import { loadCredentialChain } from "./load-sdk.ts";
import { checkSharedFiles, checkTokenFiles } from "./shared-files.ts";
import type { AwsEnvironment, SharedFiles } from "./shared-files.ts";
import { SILENT_LOGGER } from "./silent-logger.ts";
import { NO_CREDENTIALS } from "../errors/verdict.ts";

/** Credentials that sign a request. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  /** Absent if the credentials do not expire. */
  readonly expiration?: Date;
}

export type CredentialProvider = () => Promise<AwsCredentials>;

/** Temporary credentials are replaced this long before they expire, as in AWS's own SDKs. */
const MARGIN_MILLISECONDS = 5 * 60_000;

export interface ChainOptions {
  readonly environment: AwsEnvironment;
  readonly files: SharedFiles;
  /** Receives the secrets of a failed search. */
  readonly memory: SecretMemory;
  /** Called when a source may need one. */
  readonly inner: () => Promise<InnerClients>;
}

/**
 * The caller's own credentials, from the SDK's default chain: the environment's keys (unless it names a profile); the
 * profile, with single sign-on, assumed roles and credential processes; a web identity; the role of the container or
 * instance. Nothing is read before the first request.
 */
export function environmentCredentials(options: ChainOptions): CredentialProvider {
  const { environment, files, memory } = options;
  const accessKeyId = environment["AWS_ACCESS_KEY_ID"];
  const secretAccessKey = environment["AWS_SECRET_ACCESS_KEY"];
  if (!environment["AWS_PROFILE"] && accessKeyId && secretAccessKey) {
    const sessionToken = environment["AWS_SESSION_TOKEN"];
    const keys = { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
    return async () => keys;
  }
  const openChain = memoizeAsync(() => defaultChain(options));
  return async () => {
    const chain = await openChain();
    try {
      return await chain();
    } catch (caught) {
      for (const secret of await chainSecrets(environment, files)) memory.add(secret);
      throw noCredentials(caught, environment);
    }
  };
}

/** The SDK's message names only the source it tried last. This one names the source that the user configured. */
function noCredentials(caught: unknown, environment: AwsEnvironment): unknown {
  if (!(caught instanceof Error) || caught.name !== "CredentialsProviderError") return caught;
  const named = environment["AWS_PROFILE"];
  const from = named ? `profile ${named} (AWS_PROFILE)` : "the environment";
  return new SlipwayError({
    ...NO_CREDENTIALS,
    message: `${from} has no usable AWS credentials: ${caught.message.split("\n", 1)[0] ?? ""}`,
    metadata: named ? { profile: named } : {},
    cause: caught,
  });
}

async function defaultChain({
  environment,
  files,
  inner,
}: ChainOptions): Promise<CredentialProvider> {
  await checkSharedFiles(files);
  await checkTokenFiles(environment);
  const { defaultProvider } = await loadCredentialChain();
  const webIdentityTokenFile = environment["AWS_WEB_IDENTITY_TOKEN_FILE"];
  const roleArn = environment["AWS_ROLE_ARN"];
  const roleSessionName = environment["AWS_ROLE_SESSION_NAME"];
  return defaultProvider({
    ...files,
    ...(await inner()),
    // Always set: without a profile the chain starts with the process's own variables instead of `environment`.
    profile: profileOf(environment),
    logger: SILENT_LOGGER,
    ...(webIdentityTokenFile ? { webIdentityTokenFile } : {}),
    ...(roleArn ? { roleArn } : {}),
    ...(roleSessionName ? { roleSessionName } : {}),
  });
}

/** Caches the credentials until shortly before they expire. Concurrent callers share one load. */
export function cachedCredentials(load: CredentialProvider, now: () => number): CredentialProvider {
  return memoizeAsync(() => load(), { isGood: (known) => !expiresSoon(known, now()) });
}

/** The same provider; it adds each secret that it returns to `memory`, which redacts them from everything AWS says. */
export function rememberSecrets(
  load: CredentialProvider,
  memory: SecretMemory,
): CredentialProvider {
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
