import type { IncomingMessage } from "node:http";
import { z } from "zod";
import { raceWithDetach } from "../../../src/async/cancellation.ts";
import { SecretValue } from "../../../src/secret-value.ts";
import type { RegistryToken } from "../../../src/substrate/registry-token.ts";
import { cloudError } from "../errors/errors.ts";
import type { ApiCall } from "./api.ts";
import { createAwsClients } from "./client.ts";
import type { ClientOptions } from "./client.ts";
import { serviceEndpoint } from "./endpoint-provider.ts";
import { loadSdk } from "./load-sdk.ts";
import { sharedFiles } from "./shared-files.ts";
import { tryParseJson } from "../../../src/json/try-parse-json.ts";

/** The calls that obtain a registry's token. */
export const REGISTRY_CALLS = [
  { service: "ecr", action: "GetAuthorizationToken", role: "caller" },
  { service: "ecr-public", action: "GetAuthorizationToken", role: "caller" },
] as const satisfies readonly ApiCall[];

/**
 * Permissions to which ECR holds these calls and the reads of a registry. The public gallery grants its token with STS.
 *
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/security-iam-awsmanpol.html
 */
export const REGISTRY_PERMISSIONS = [
  { service: "ecr", action: "BatchGetImage" },
  { service: "ecr", action: "GetDownloadUrlForLayer" },
  { service: "sts", action: "GetServiceBearerToken" },
] as const;

/** An API of ECR in one region. */
export interface EcrApi {
  /** The name that signatures have. */
  readonly api: "ecr" | "ecr-public";
  readonly region: string;
  /** Host name, unless an endpoint is configured. */
  readonly apiHost: string;
}

/** Names of the services in `X-Amz-Target`, from the AWS SDKs' service models. */
const TARGETS: Readonly<Record<EcrApi["api"], string>> = {
  ecr: "AmazonEC2ContainerRegistry_V20150921",
  "ecr-public": "SpencerFrontendService",
};
const OPERATION = "GetAuthorizationToken";
const LARGEST_REPLY = 256 * 1024;

const authorization = z.object({ authorizationToken: z.string().min(1), expiresAt: z.number() });
/** A list for private registries, one object for the public gallery. */
const tokenReply = z.object({
  authorizationData: z.union([
    authorization,
    z
      .array(authorization)
      .min(1)
      .transform(([first]) => first),
  ]),
});
const refusal = z.object({
  __type: z.string().optional(),
  message: z.string().optional(),
  Message: z.string().optional(),
});

/**
 * Asks ECR for a token for the process's own credentials. The request is JSON, signed by the SDK's own signer and sent by
 * its own connection: ECR's package would add 18 MB for this one call.
 *
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetAuthorizationToken.html
 *
 * @throws SlipwayError from {@link cloudError}
 */
export async function grantEcrToken(
  options: Omit<ClientOptions, "target">,
  { api, region, apiHost }: EcrApi,
  signal: AbortSignal,
): Promise<RegistryToken> {
  const { environment, home } = options;
  const target = { region, roleArn: null, readonlyRoleArn: null };
  // Not shared: a signer keeps the name of the service that it was made for.
  const clients = createAwsClients({ ...options, target });
  const context = { operation: OPERATION, subject: `tokens of ${api}`, region, signal };
  try {
    const { config } = await clients.sts({ role: "reader", region });
    const configured = await serviceEndpoint(api, environment, sharedFiles(environment, home));
    const url = new URL(configured ?? `https://${apiHost}`);
    const scheme = { name: "sigv4", signingName: api, signingRegion: region, properties: {} };
    const signer = await config.signer(scheme);
    const { HttpRequest } = await loadSdk();
    const request = new HttpRequest({
      method: "POST",
      protocol: url.protocol,
      hostname: url.hostname,
      ...(url.port === "" ? {} : { port: Number(url.port) }),
      path: url.pathname,
      headers: {
        host: url.host,
        "content-type": "application/x-amz-json-1.1",
        "x-amz-target": `${TARGETS[api]}.${OPERATION}`,
      },
      body: "{}",
    });
    const signed = await signer.sign(request);
    const sending = config.requestHandler.handle(new HttpRequest(signed), { abortSignal: signal });
    const { response } = await raceWithDetach(sending, { signal });
    return tokenOf(response.statusCode, await textOf(response.body));
  } catch (caught) {
    throw cloudError(caught, context);
  } finally {
    clients.close();
  }
}

function tokenOf(status: number, text: string): RegistryToken {
  const document = tryParseJson(text);
  if (status !== 200) throw refusalOf(status, document);
  const reply = tokenReply.safeParse(document).data?.authorizationData;
  const [, username, password] =
    /^([^:]+):(.+)$/s.exec(Buffer.from(reply?.authorizationToken ?? "", "base64").toString()) ?? [];
  if (reply === undefined || username === undefined || password === undefined)
    throw Object.assign(new Error("the answer has no token"), {
      $metadata: { httpStatusCode: status },
    });
  const expiresAt = reply.expiresAt * 1000;
  return { username, password: new SecretValue(password), expiresAt };
}

/** An error in the form of the SDK's. The code comes after a `#`, if the service writes its namespace before it. */
function refusalOf(status: number, document: unknown): Error {
  const { data } = refusal.safeParse(document);
  const code = data?.__type?.split("#").at(-1) ?? "";
  const error = new Error(data?.message ?? data?.Message ?? "");
  error.name = code;
  return Object.assign(error, { $metadata: { httpStatusCode: status } });
}

async function textOf(body: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of body) {
    const bytes = Buffer.from(piece);
    size += bytes.length;
    if (size > LARGEST_REPLY) throw new Error("the answer is too large");
    pieces.push(bytes);
  }
  return Buffer.concat(pieces).toString("utf8");
}
