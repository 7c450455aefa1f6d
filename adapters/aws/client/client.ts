import type { SecureContext } from "node:tls";
import type { EC2Client } from "@aws-sdk/client-ec2";
import type { STSClient } from "@aws-sdk/client-sts";
import type { AwsTarget } from "../../../src/plan/plan.ts";
import { memoizeAsync } from "../../../src/async/memoize.ts";
import { proxiedAgents } from "../../../src/proxy/proxy-agents.ts";
import { proxyRule } from "../../../src/proxy/proxy-rule.ts";
import type { ProxyRule } from "../../../src/proxy/proxy-rule.ts";
import { createSecretMemory } from "../../../src/redaction/secret-memory.ts";
import type { SecretValue } from "../../../src/secret-value.ts";
import { trustedAuthorities } from "./ca-bundle.ts";
import { CLOCK_CORRECTION } from "./clock-correction.ts";
import { cachedCredentials, environmentCredentials, rememberSecrets } from "./credentials.ts";
import type { AwsCredentials, CredentialProvider } from "./aws-credentials.ts";
import { profileOf, serviceEndpoint } from "./endpoint-provider.ts";
import { innerClients } from "./inner-clients.ts";
import type { ClientSettings } from "./inner-clients.ts";
import { loadSdk } from "./load-sdk.ts";
import { SILENT_LOGGER } from "./silent-logger.ts";
import { sharedFiles } from "./shared-files.ts";
import type { AwsEnvironment } from "./shared-files.ts";
import { cloudError } from "../errors/errors.ts";
import { refuseWebPage } from "../errors/web-page.ts";

/** The role that a call is made with: `reader` is the placement's `readonly_role_arn`, `launcher` its `role_arn`. */
export type AwsRole = "reader" | "launcher";

export interface ClientRequest {
  readonly role: AwsRole;
  readonly region: string;
}

/** Clients for one placement, one for each region and role, created when first needed. */
export interface AwsClients {
  ec2(request: ClientRequest): Promise<EC2Client>;
  sts(request: ClientRequest): Promise<STSClient>;
  /** The id of the access key that signs the role's requests. It distinguishes one caller from another. */
  accessKeyId(role: AwsRole): Promise<string>;
  /** The secret keys and session tokens that the roles used last. */
  secrets(): readonly SecretValue[];
  close(): void;
}

export interface ClientOptions {
  readonly target: Pick<AwsTarget, "region" | "roleArn" | "readonlyRoleArn">;
  readonly environment: AwsEnvironment;
  /** The user's home folder, which contains `.aws`. */
  readonly home: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Default 5 seconds, 30 seconds and 150 seconds. */
  readonly limits?: AwsTimeLimits;
}

/** How long the client waits for AWS, in milliseconds. */
export interface AwsTimeLimits {
  readonly connect: number;
  /** Until the head of the answer has arrived. Calls that change machines get longer (`api.ts`). */
  readonly head: number;
  /** Longest silence of a connection. Nothing else bounds the body of an answer. */
  readonly silence: number;
}

const DEFAULT_LIMITS: AwsTimeLimits = { connect: 5_000, head: 30_000, silence: 150_000 };
/** For STS alone, whose rates are not a concern. `pacedApi` retries EC2's calls, and launches are never retried here. */
const STS_RETRIES = { maxAttempts: 3, retryMode: "standard" } as const;
/** The number only informs EC2. It is set because the SDK would read it from the environment, and may fail there. */
const EC2_RETRIES = { maxAttempts: 2, retryStrategy: CLOCK_CORRECTION } as const;
/** Room for a key and a token each of the caller and two roles, and for the ones that they replaced recently. */
const SECRETS_KEPT = 16;

/**
 * The SDK's clients, without three of its duties, which Slipway has taken over. Retries: `pacedApi` repeats reads at the
 * account's rates and waits as long as AWS demands, the spawner repeats launches with their token, and
 * {@link CLOCK_CORRECTION} remains of the SDK's own. Log lines: a warning that a person needs is a check. Time limits: the
 * SDK would only warn about a late answer.
 */
export function createAwsClients(options: ClientOptions): AwsClients {
  const { target, environment, home } = options;
  const files = sharedFiles(environment, home);
  const connections = sharedConnections(options.limits ?? DEFAULT_LIMITS, {
    proxy: proxyRule(environment),
    authorities: () => trustedAuthorities(environment, files),
  });
  const memory = createSecretMemory(SECRETS_KEPT);
  const inner = async () => innerClients(await settings("sts", target));
  const chain = environmentCredentials({ environment, files, memory, inner, now: options.now });
  const caller = rememberSecrets(chain, memory);
  const roles = new Map<string, CredentialProvider>();

  const credentialsOf = (role: AwsRole): CredentialProvider => {
    const arn = roleOf(role, target);
    if (arn === null) return caller;
    const known = roles.get(arn);
    if (known !== undefined) return known;
    const assume: CredentialProvider = async () =>
      await assumeRole(await openSts({ region: target.region }, caller), arn, target.region);
    const cached = rememberSecrets(cachedCredentials(assume, options.now), memory);
    roles.set(arn, cached);
    return cached;
  };
  const settings = async (
    service: "ec2" | "sts",
    { region }: Omit<ClientRequest, "role">,
  ): Promise<ClientSettings> => {
    const endpoint = await serviceEndpoint(service, environment, files);
    return {
      region,
      requestHandler: await connections.handler(region),
      customUserAgent: [["slipway"]],
      profile: profileOf(environment),
      ...(service === "sts" ? STS_RETRIES : EC2_RETRIES),
      logger: SILENT_LOGGER,
      ...(endpoint === null ? {} : { endpoint }),
    };
  };
  const openSts = async (request: Omit<ClientRequest, "role">, credentials: CredentialProvider) => {
    const common = await settings("sts", request);
    const { STSClient } = await loadSdk();
    return withoutCallLog(new STSClient({ ...common, credentials }));
  };
  const openEc2 = async (request: Omit<ClientRequest, "role">, credentials: CredentialProvider) => {
    const common = await settings("ec2", request);
    const { EC2Client } = await loadSdk();
    return withoutCallLog(new EC2Client({ ...common, credentials }));
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

/** Reads use the reading role, or the launching role if the placement names no reading role. */
function roleOf(role: AwsRole, target: ClientOptions["target"]): string | null {
  return role === "reader" ? (target.readonlyRoleArn ?? target.roleArn) : target.roleArn;
}

type SdkClient = EC2Client | STSClient;
type RequestHandler = STSClient["config"]["requestHandler"];

/**
 * Removes the SDK's log of every call. Even with a silent logger the SDK walks through the whole request and response
 * to redact them.
 */
function withoutCallLog<Client extends SdkClient>(client: Client): Client {
  client.middlewareStack.remove("loggerMiddleware");
  return client;
}

/** Refuses a web page with a status of success, which the SDK would read as an answer without members. */
function withoutWebPages(handler: RequestHandler): RequestHandler {
  const handle = handler.handle.bind(handler);
  handler.handle = async (request, options) => {
    const answered = await handle(request, options);
    refuseWebPage(answered.response);
    return answered;
  };
  return handler;
}

interface ConnectionSettings {
  readonly proxy: ProxyRule | null;
  /** The certificate authorities to trust; null for Node's own. */
  readonly authorities: () => Promise<SecureContext | null>;
}

/** As many connections as the SDK's own agents have. */
const MOST_CONNECTIONS = 50;

/** The connections that all clients share, so that a launch reuses those that the reads opened. */
function sharedConnections(limits: AwsTimeLimits, { proxy, authorities }: ConnectionSettings) {
  const settings = async () => {
    const secureContext = await authorities();
    const common = { keepAlive: true, maxSockets: MOST_CONNECTIONS };
    const agents = proxiedAgents(
      proxy,
      secureContext === null ? common : { ...common, secureContext },
    );
    return {
      httpAgent: agents.plain,
      httpsAgent: agents.secure,
      // A connection through a proxy has a limit of its own, and its error names the proxy.
      ...(proxy === null ? { connectionTimeout: limits.connect } : {}),
      requestTimeout: limits.head,
      socketTimeout: limits.silence,
      // By default the SDK only prints a warning on standard error when the time is over.
      throwOnRequestTimeout: true,
      logger: SILENT_LOGGER,
    };
  };
  const created: RequestHandler[] = [];
  return {
    /** Made by a client that sends nothing, because the package of the handler's class is the SDK's own. */
    handler: memoizeAsync(
      async (region: string): Promise<RequestHandler> => {
        const { STSClient } = await loadSdk();
        const { requestHandler } = new STSClient({ region, requestHandler: await settings() })
          .config;
        created.push(requestHandler);
        return withoutWebPages(requestHandler);
      },
      { keyOf: () => "all regions" },
    ),
    close: () => {
      for (const handler of created) handler.destroy?.();
    },
  };
}

/** AWS shows it beside each call in the account's audit trail (CloudTrail). */
const SESSION_NAME = "slipway";

/** Temporary credentials for a role. @throws SlipwayError from {@link cloudError} if STS refuses */
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
      throw new TypeError("the answer contains no credentials");
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
