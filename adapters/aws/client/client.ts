import type { EC2Client } from "@aws-sdk/client-ec2";
import type { STSClient } from "@aws-sdk/client-sts";
import type { AwsTarget } from "../../../src/plan/plan.ts";
import { memoizeAsync } from "../../../src/async/memoize.ts";
import { createSecretMemory } from "../../../src/redaction/secret-memory.ts";
import type { SecretValue } from "../../../src/secret-value.ts";
import {
  cachedCredentials,
  environmentCredentials,
  remembering,
  SILENT_LOGGER,
} from "./credentials.ts";
import type { AwsCredentials, CredentialProvider } from "./credentials.ts";
import { profileOf, serviceEndpoint } from "./endpoint-provider.ts";
import { loadSdk } from "./load-sdk.ts";
import { sharedFiles } from "./shared-files.ts";
import type { AwsEnvironment } from "./shared-files.ts";
import { cloudError } from "../errors/errors.ts";

/** Whose credentials a call is made with: the placement's `readonly_role_arn` or its `role_arn`. */
export type AwsRole = "reader" | "launcher";

export interface ClientRequest {
  readonly role: AwsRole;
  readonly region: string;
}

/** Clients of one placement's roles, one a region and role, made when they are first needed. */
export interface AwsClients {
  ec2(request: ClientRequest): Promise<EC2Client>;
  sts(request: ClientRequest): Promise<STSClient>;
  /** What the role's requests are signed with, for telling one caller from another. */
  accessKeyId(role: AwsRole): Promise<string>;
  /** The keys and tokens of the last credentials of all roles. */
  secrets(): readonly SecretValue[];
  close(): void;
}

export interface ClientOptions {
  readonly target: Pick<AwsTarget, "region" | "roleArn" | "readonlyRoleArn">;
  readonly environment: AwsEnvironment;
  /** The user's home folder, in which `.aws` is. */
  readonly home: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Default 5 seconds, 30 seconds and 150 seconds. */
  readonly limits?: AwsTimeLimits;
}

/** For how long AWS is waited for, in milliseconds. */
export interface AwsTimeLimits {
  readonly connect: number;
  /** Until the head of the answer has come; a call that launches a thousand machines is given longer (`api.ts`). */
  readonly head: number;
  /** Silence of a connection, which is all that bounds the body of an answer. */
  readonly silence: number;
}

const DEFAULT_LIMITS: AwsTimeLimits = { connect: 5_000, head: 30_000, silence: 150_000 };
/** Of STS, which has no rates to speak of; EC2's calls are sent again by `pacedApi`, and launches by nobody. */
const STS_ATTEMPTS = 3;
/** A key and a token of the caller and two roles each, those that were renewed last among them. */
const SECRETS_KEPT = 16;

export function createAwsClients(options: ClientOptions): AwsClients {
  const { target, environment, home } = options;
  const files = sharedFiles(environment, home);
  const connections = sharedConnections(options.limits ?? DEFAULT_LIMITS);
  const memory = createSecretMemory(SECRETS_KEPT);
  const own = remembering(environmentCredentials(environment, files), memory);
  const roles = new Map<string, CredentialProvider>();

  const credentialsOf = (role: AwsRole): CredentialProvider => {
    const arn = roleOf(role, target);
    if (arn === null) return own;
    const known = roles.get(arn);
    if (known !== undefined) return known;
    const assume: CredentialProvider = async () =>
      await assumeRole(await openSts({ region: target.region }, own), arn, target.region);
    const cached = remembering(cachedCredentials(assume, options.now), memory);
    roles.set(arn, cached);
    return cached;
  };
  const settings = async (
    service: "ec2" | "sts",
    { region }: Omit<ClientRequest, "role">,
    credentials: CredentialProvider,
  ) => {
    const endpoint = await serviceEndpoint(service, environment, files);
    return {
      region,
      credentials,
      profile: profileOf(environment),
      maxAttempts: service === "sts" ? STS_ATTEMPTS : 1,
      retryMode: "standard",
      logger: SILENT_LOGGER,
      ...(endpoint === null ? {} : { endpoint }),
    };
  };
  const openSts = async (request: Omit<ClientRequest, "role">, credentials: CredentialProvider) => {
    const { STSClient } = await loadSdk();
    const common = await settings("sts", request, credentials);
    return connections.join((handler) =>
      unlogged(new STSClient({ ...common, requestHandler: handler })),
    );
  };
  const openEc2 = async (request: Omit<ClientRequest, "role">, credentials: CredentialProvider) => {
    const { EC2Client } = await loadSdk();
    const common = await settings("ec2", request, credentials);
    return connections.join((handler) =>
      unlogged(new EC2Client({ ...common, requestHandler: handler })),
    );
  };
  return {
    ec2: memoizeAsync((request) => openEc2(request, credentialsOf(request.role)), { keyOf }),
    sts: memoizeAsync((request) => openSts(request, credentialsOf(request.role)), { keyOf }),
    accessKeyId: async (role) => (await credentialsOf(role)()).accessKeyId,
    secrets: () => memory.all(),
    close: () => connections.close(),
  };
}

function keyOf({ role, region }: ClientRequest): string {
  return JSON.stringify([role, region]);
}

/** Reads go by the reading role, and by the launching one where there is none. */
function roleOf(role: AwsRole, target: ClientOptions["target"]): string | null {
  return role === "reader" ? (target.readonlyRoleArn ?? target.roleArn) : target.roleArn;
}

type SdkClient = EC2Client | STSClient;
type Handler = EC2Client["config"]["requestHandler"];

/**
 * The client without its own log of every call: even for a logger that is silent it walks through all that was sent and
 * all that came back, to leave secrets out.
 */
function unlogged<Client extends SdkClient>(client: Client): Client {
  client.middlewareStack.remove("loggerMiddleware");
  return client;
}

/** All clients use the connections of the first, so that a launch finds those that the reads have opened. */
function sharedConnections(limits: AwsTimeLimits) {
  const options = {
    connectionTimeout: limits.connect,
    requestTimeout: limits.head,
    socketTimeout: limits.silence,
    // Without it the SDK only says on standard error that the time is over.
    throwOnRequestTimeout: true,
    logger: SILENT_LOGGER,
  };
  let handler: Handler | null = null;
  return {
    join<Client extends SdkClient>(make: (handler: Handler | typeof options) => Client): Client {
      const client = make(handler ?? options);
      handler ??= client.config.requestHandler;
      return client;
    },
    close: () => handler?.destroy?.(),
  };
}

/** Told to AWS, and shown in the account's audit trail beside each call. */
const SESSION_NAME = "slipway";

/** Temporary credentials of a role. @throws SlipwayError as {@link cloudError} judges the refusal */
async function assumeRole(
  sts: STSClient,
  roleArn: string,
  region: string,
): Promise<AwsCredentials> {
  const { AssumeRoleCommand } = await loadSdk();
  const context = { operation: "AssumeRole", subject: `role ${roleArn}`, region } as const;
  try {
    const input = { RoleArn: roleArn, RoleSessionName: SESSION_NAME };
    const { Credentials: given } = await sts.send(new AssumeRoleCommand(input));
    const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = given ?? {};
    if (AccessKeyId === undefined || SecretAccessKey === undefined || SessionToken === undefined)
      throw new TypeError("the answer holds no credentials");
    return {
      accessKeyId: AccessKeyId,
      secretAccessKey: SecretAccessKey,
      sessionToken: SessionToken,
      ...(Expiration === undefined ? {} : { expiration: Expiration }),
    };
  } catch (caught) {
    throw cloudError(caught, context);
  }
}
