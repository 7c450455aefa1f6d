import { createDeadline, raceWithDetach } from "../../../src/async/cancellation.ts";
import { memoizeAsync } from "../../../src/async/memoize.ts";
import { isSlipwayError, SlipwayError } from "../../../src/errors.ts";
import type { SecretMemory } from "../../../src/redaction/secret-memory.ts";
import { chainSecrets } from "./chain-secrets.ts";
import type { AwsCredentials, CredentialProvider } from "./aws-credentials.ts";
import { endpointRefusal } from "./container-endpoint.ts";
import { commandOf, processCredentials } from "./credential-process.ts";
import { profileOf } from "./endpoint-provider.ts";
import type { InnerClients } from "./inner-clients.ts";
import { loadCredentialChain } from "./load-sdk.ts";
import { adviceFor, mistakeIn, profileChain, usesContainer } from "./profiles.ts";
import { checkSharedFiles, checkTokenFiles } from "./shared-files.ts";
import type { AwsEnvironment, SharedFiles } from "./shared-files.ts";
import { SILENT_LOGGER } from "./silent-logger.ts";
import { NO_CREDENTIALS, UNKNOWN_FAILURE } from "../errors/verdict.ts";

/** Temporary credentials are replaced this long before they expire, as in AWS's own SDKs. */
const MARGIN_MILLISECONDS = 5 * 60_000;

/**
 * How long keys of the shared files are used before the files are read again. Other programs replace temporary keys
 * there, which have no time of expiry: https://github.com/aws/aws-sdk-js-v3/issues/3396
 */
const FILE_KEYS_MILLISECONDS = 60_000;

export interface ChainOptions {
  readonly environment: AwsEnvironment;
  readonly files: SharedFiles;
  /** Receives the secrets of a failed search. */
  readonly memory: SecretMemory;
  /** Called when a source may need one. */
  readonly inner: () => Promise<InnerClients>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** How long a source may take, in milliseconds. Default: a minute, as in AWS's SDK for Go. */
  readonly searchMilliseconds?: number;
}

/**
 * The caller's own credentials, from the SDK's default chain: the environment's keys (unless it names a profile); the
 * profile, with single sign-on, assumed roles and credential processes; a web identity; the role of the container or
 * instance. Nothing is read before the first request.
 */
export function environmentCredentials(options: ChainOptions): CredentialProvider {
  const { environment, files, memory } = options;
  const accessKeyId = keyIn(environment, "AWS_ACCESS_KEY_ID");
  const secretAccessKey = keyIn(environment, "AWS_SECRET_ACCESS_KEY");
  if (!environment["AWS_PROFILE"] && accessKeyId && secretAccessKey) {
    const sessionToken = keyIn(environment, "AWS_SESSION_TOKEN");
    const keys = { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
    return async () => keys;
  }
  const open = () => memoizeAsync(() => chainOf(options));
  let openChain = open();
  let reopenAt = Infinity;
  return async () => {
    if (options.now() >= reopenAt) {
      openChain = open();
      reopenAt = Infinity;
    }
    using deadline = createDeadline(NEVER, options.searchMilliseconds ?? SEARCH_MILLISECONDS);
    const { signal } = deadline;
    const chain = await openChain();
    try {
      const found = await raceWithDetach(chain(signal), { signal });
      if (found.expiration !== undefined) return found;
      reopenAt = Math.min(reopenAt, options.now() + FILE_KEYS_MILLISECONDS);
      // The SDK's clients ask again for keys that expire, and keep any others.
      return { ...found, expiration: new Date(reopenAt + MARGIN_MILLISECONDS) };
    } catch (caught) {
      // The SDK's chain keeps the files, and waits for the source that it has begun with: only a new one asks again.
      openChain = open();
      for (const secret of await chainSecrets(environment, files)) memory.add(secret);
      throw await noCredentials(signal.aborted ? new SlowSource() : caught, options);
    }
  };
}

/**
 * Without the line break that a secret in a file or a CI setting often ends with. It cannot be part of a header, and
 * AWS's SDKs for Java and Rust drop it as well.
 */
function keyIn(environment: AwsEnvironment, name: string): string {
  return environment[name]?.trim() ?? "";
}

const SEARCH_MILLISECONDS = 60_000;
const NEVER = new AbortController().signal;

class SlowSource extends Error {
  override readonly message = "no source answered in time";
}

/** A source of credentials that gave none, in its own words. */
class SourceFailure extends Error {}

type Chain = (signal: AbortSignal) => Promise<AwsCredentials>;

/** The profile's own process, or else the SDK's chain. */
async function chainOf(options: ChainOptions): Promise<Chain> {
  const { environment, files, now } = options;
  await checkSharedFiles(files);
  const [profile] = await profileChain(profileOf(environment), files);
  const command = profile === undefined ? null : commandOf(profile);
  if (command === null) return await defaultChain(options);
  return memoizeAsync(
    async (signal: AbortSignal) => {
      try {
        return await processCredentials(command, environment, signal);
      } catch (caught) {
        throw new SourceFailure(caught instanceof Error ? caught.message : String(caught));
      }
    },
    { keyOf: () => command, isGood: (known) => !expiresSoon(known, now()) },
  );
}

/** The SDK's message names only the source it tried last. This one names the source that the user configured. */
async function noCredentials(
  caught: unknown,
  { environment, files }: ChainOptions,
): Promise<unknown> {
  if (!isSourceFailure(caught)) return caught;
  const named = environment["AWS_PROFILE"];
  const from = named ? `profile ${named} (AWS_PROFILE)` : "the environment";
  const chain = await profileChain(profileOf(environment), files);
  // The SDK's chain goes on with other sources after a profile with a mistake.
  const mistake = mistakeIn(chain, files);
  const advice = mistake?.remedy ?? adviceFor(chain);
  const isContainers = !named || usesContainer(chain);
  const endpoint = advice === null && isContainers ? await endpointRefusal(environment) : null;
  const why = (mistake ?? endpoint)?.words ?? caught.message.split("\n", 1)[0] ?? "";
  const remedy = advice ?? endpoint?.remedy;
  return new SlipwayError({
    ...(endpoint?.mayPass === true ? UNKNOWN_FAILURE : NO_CREDENTIALS),
    ...(remedy === undefined ? {} : { remedy }),
    message: `${from} has no usable AWS credentials: ${why}`,
    metadata: named ? { profile: named } : {},
    cause: caught,
  });
}

/**
 * Whether a source of credentials failed by itself: it has none, its file cannot be read, or one of its settings is not
 * valid. Otherwise a service refused the source or could not be reached.
 */
function isSourceFailure(caught: unknown): caught is Error {
  if (!(caught instanceof Error) || isSlipwayError(caught)) return false;
  if (caught instanceof SlowSource || caught instanceof SourceFailure) return true;
  if (caught.name === "CredentialsProviderError") return true;
  if ("syscall" in caught) return FILE_CALLS.has(caught.syscall);
  return OWN_ERRORS.has(caught.name) && !("$metadata" in caught) && !("code" in caught);
}

/** Names of errors that the SDK's sources throw by themselves, some of them because a setting is missing. */
const OWN_ERRORS: ReadonlySet<string> = new Set(["Error", "SyntaxError", "TypeError"]);

/** Node's names for the calls that read a file. */
const FILE_CALLS: ReadonlySet<unknown> = new Set(["access", "open", "read", "stat"]);

async function defaultChain({ environment, files, inner }: ChainOptions): Promise<Chain> {
  await checkTokenFiles(environment, await profileChain(profileOf(environment), files));
  const { defaultProvider } = await loadCredentialChain();
  const webIdentityTokenFile = environment["AWS_WEB_IDENTITY_TOKEN_FILE"];
  const roleArn = environment["AWS_ROLE_ARN"];
  const roleSessionName = environment["AWS_ROLE_SESSION_NAME"];
  const provider = defaultProvider({
    ...files,
    ...(await inner()),
    // Always set: without a profile the chain starts with the process's own variables instead of `environment`.
    profile: profileOf(environment),
    logger: SILENT_LOGGER,
    ...(webIdentityTokenFile ? { webIdentityTokenFile } : {}),
    ...(roleArn ? { roleArn } : {}),
    ...(roleSessionName ? { roleSessionName } : {}),
  });
  return async () => await provider();
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
