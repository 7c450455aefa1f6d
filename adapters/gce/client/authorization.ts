import type { AuthClient } from "google-auth-library";
import { z } from "zod";
import { isSlipwayError, SlipwayError, UNSENT } from "../../../src/errors.ts";
import { retryAfterSeconds } from "../../../src/async/retry-after.ts";
import { memoizeAsync } from "../../../src/async/memoize.ts";
import { proxyFailureIn } from "../../../src/proxy/proxy-failure.ts";
import type { Agents } from "../../../src/proxy/proxy-agents.ts";
import { createSecretMemory } from "../../../src/redaction/secret-memory.ts";
import type { SecretMemory } from "../../../src/redaction/secret-memory.ts";
import type { SecretValue } from "../../../src/secret-value.ts";
import { GceCredentialFailure, GceThrottleReply, isUnconnected } from "../errors/failure.ts";
import { wrongClock } from "./clock.ts";
import { tokenRefusal } from "./token-refusal.ts";
import { createTransport } from "./transport.ts";
import type { OnReply } from "./transport.ts";

type SendOptions = Parameters<AuthClient["request"]>[0];
type Reply = Awaited<ReturnType<AuthClient["request"]>>;

/** Authorizes and sends the clients' requests, in place of an `AuthClient`. */
export interface Authorization {
  /** The domain of the credentials' universe, such as `googleapis.com`. */
  readonly universeDomain: () => Promise<string>;
  readonly getRequestHeaders: (url?: string | URL) => Promise<Headers>;
  readonly fetch: (url: string, options: SendOptions) => Promise<Reply>;
  /** Secrets of recent requests, including token requests. */
  readonly secrets: () => readonly SecretValue[];
}

/** A page of 500 instances is far smaller; Compute Engine never sends a larger reply. */
const LARGEST_REPLY = 64 * 1024 * 1024;
/** The keys that tokens are requested with, and the tokens, including those of the last hour. */
const SECRETS_KEPT = 16;
const THROTTLES: ReadonlySet<number> = new Set([429, 503]);

export interface AuthorizationPorts {
  readonly agents: Agents;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly onReply?: OnReply;
}

/**
 * Finds credentials on first use; a failed search is not cached. Every failure before there is a token is a {@link
 * GceCredentialFailure}: no request has reached Compute Engine.
 */
export function createAuthorization(
  { agents, now, onReply }: AuthorizationPorts,
  open: (memory: SecretMemory) => Promise<AuthClient>,
): Authorization {
  const send = createTransport(LARGEST_REPLY, agents, onReply);
  const memory = createSecretMemory(SECRETS_KEPT);
  const client = memoizeAsync(() => open(memory));
  const authorized = async (url?: string | URL) =>
    await withCredentials(now, async () => {
      const own = await client();
      return { own, headers: await own.getRequestHeaders(url) };
    });
  return {
    universeDomain: async () => (await withCredentials(now, client)).universeDomain,
    getRequestHeaders: async (url) => (await authorized(url)).headers,
    async fetch(url, options) {
      const { own } = await authorized(url);
      const reply = await own.request({
        ...options,
        url,
        fetchImplementation: send,
      });
      const seconds = retryAfterSeconds(reply.headers.get("retry-after"));
      if (THROTTLES.has(reply.status) && seconds !== null)
        throw new GceThrottleReply(reply.status, await reply.text(), seconds);
      return reply;
    },
    secrets: () => memory.all(),
  };
}

async function withCredentials<T>(now: () => number, use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (caught) {
    const message = caught instanceof Error ? caught.message : String(caught);
    throw new GceCredentialFailure(message, { cause: knownCause(caught, now()) ?? undefined });
  }
}

/** An error that says more than the library's. */
function knownCause(caught: unknown, now: number): Error | null {
  if (isSlipwayError(caught)) return caught;
  const proxy = proxyFailureIn(caught);
  if (proxy !== null || !(caught instanceof Error)) return proxy;
  if (isUnconnected(caught)) return serviceOutOfReach(caught);
  return wrongClock(caught, now) ?? tokenRefusal(caught);
}

/** The address that Google's library keeps of a failed request; its own, without secrets. */
const sent = z.object({ config: z.object({ url: z.coerce.string().pipe(z.url()) }) });

function serviceOutOfReach(caught: Error): SlipwayError {
  const { data } = sent.safeParse(caught);
  const host = data === undefined ? "" : ` (${new URL(data.config.url).host})`;
  return new SlipwayError({
    code: "UNAVAILABLE",
    reason: "CLOUD_UNAVAILABLE",
    message: `the service that issues access tokens for Compute Engine${host} cannot be reached: ${caught.message}`,
    remedy: "Check the network, and the token service that the credentials name.",
    blastRadius: "credential",
    retry: "same-token",
    metadata: UNSENT,
    cause: caught,
  });
}
