import { z } from "zod";
import { parseChallenges, pullScope, type Challenge } from "../auth.ts";
import { basicToken, credentialKey, type RegistryCredential } from "../credential.ts";
import { formatRepository } from "../reference.ts";
import { cutWords } from "../../redaction/cut.ts";
import { createSecretMemory, type SecretMemory } from "../../redaction/secret-memory.ts";
import type { SecretValue } from "../../secret-value.ts";
import { BodyTooLargeError, readBody } from "./body.ts";
import { createBoundedCache } from "./bounded-cache.ts";
import type { Endpoint } from "./endpoints.ts";
import { notAuthenticated, protocolFault, redirectRefused, type Subject } from "./failures.ts";
import type { ClientRequest, HttpClient } from "./http-client.ts";
import { addressFault } from "./redirects.ts";
import { readRefusal } from "./refusal.ts";
import { singleFlight } from "../../async/single-flight.ts";
import type { RegistryCaller } from "./contract.ts";
import type { HttpResponse, TlsTrust } from "./transport.ts";

/** Length of the schemes that a message names: a header can hold thousands. */
const LONGEST_SCHEMES = 200;

/** A registry's 401 with its challenge. */
export interface Demand {
  readonly endpoint: Endpoint;
  /** True if the registry itself has a private address. */
  readonly private: boolean;
  /** The `WWW-Authenticate` field. */
  readonly header: string;
  /** The rejected `Authorization` header; null if there was none. */
  readonly refused: string | null;
  readonly subject: Subject;
  readonly signal: AbortSignal;
}

/** Caches values of the `Authorization` header by registry, repository and credential. */
export interface Tokens {
  /** The caller's cached value if it is still valid; otherwise null. */
  remembered(subject: Subject): string | null;
  /** The answer to a challenge: a Basic header or a new token. */
  obtain(demand: Demand): Promise<string>;
  /** The tokens granted to this caller: the registry knows them and may repeat them. */
  secrets(caller: RegistryCaller): readonly SecretValue[];
}

export interface TokensOptions {
  readonly client: HttpClient;
  readonly now: () => number;
  readonly trustOf: (host: string) => Promise<TlsTrust>;
}

interface Remembered {
  readonly authorization: string;
  /** Milliseconds since the epoch, less a margin. */
  readonly goodUntil: number;
}

const MOST_TOKENS = 1024;
/** The tokens of one caller and repository: the current one, and recently rejected or expired ones. */
const TOKENS_KEPT_SECRET = 4;
const LARGEST_REPLY = 256 * 1024;
const CLIENT_ID = "slipway";
/** The default token lifetime in the distribution specification. */
const DEFAULT_LIFETIME_SECONDS = 60;
const LONGEST_LIFETIME_SECONDS = 12 * 60 * 60;
const LONGEST_MARGIN_SECONDS = 30;

const tokenText = z.string().regex(/^[\u0021-\u007e]+$/);
const tokenReply = z.object({
  token: tokenText.nullish(),
  access_token: tokenText.nullish(),
  expires_in: z.number().nullish(),
});

export function createTokens(options: TokensOptions): Tokens {
  const memory = createBoundedCache<Remembered>(MOST_TOKENS);
  const granted = createBoundedCache<SecretMemory>(MOST_TOKENS);
  const join = singleFlight<Remembered>();
  const isGood = (token: Remembered): boolean => token.goodUntil > options.now();
  return {
    remembered(subject) {
      const known = memory.get(keyOf(subject));
      return known !== undefined && isGood(known) ? known.authorization : null;
    },
    async obtain(demand) {
      const { subject, signal, header } = demand;
      const key = keyOf(subject);
      const known = memory.get(key);
      // Another caller may already have renewed the token that was rejected here.
      if (known !== undefined && known.authorization !== demand.refused && isGood(known))
        return known.authorization;
      memory.delete(key);
      const challenges = parseChallenges(header);
      const bearer = challenges.find((challenge) => challenge.scheme === "bearer");
      // Concurrent callers with the same question share one request; the key includes the challenge.
      const asked = [key, header, demand.endpoint.origin.href, demand.private];
      const caller = { key: JSON.stringify(asked), signal, what: `reading ${subject.name}` };
      const fresh =
        bearer === undefined
          ? answerBasic(challenges, subject)
          : await join(caller, (stop) => fetchToken(options, { ...demand, signal: stop }, bearer));
      memory.set(key, fresh);
      const secrets = granted.get(key) ?? createSecretMemory(TOKENS_KEPT_SECRET);
      secrets.add(fresh.authorization.slice(fresh.authorization.indexOf(" ") + 1));
      granted.set(key, secrets);
      return fresh.authorization;
    },
    secrets: (caller) => granted.get(keyOf(caller))?.all() ?? [],
  };
}

function keyOf({ repository, credential }: RegistryCaller): string {
  return JSON.stringify([repository.registry, repository.repository, credentialKey(credential)]);
}

function answerBasic(challenges: readonly Challenge[], subject: Subject): Remembered {
  const { credential } = subject;
  const { registry } = subject.repository;
  if (!challenges.some((challenge) => challenge.scheme === "basic")) {
    const named = challenges.map((challenge) => challenge.scheme).join(", ") || "none";
    const schemes = cutWords(named, LONGEST_SCHEMES);
    throw protocolFault(subject, `it requires an unsupported authentication scheme (${schemes})`);
  }
  if (credential === null) throw notAuthenticated(subject);
  if (credential.kind === "identity-token")
    throw notAuthenticated(subject, {
      why: `the registry ${registry} takes a user name and a password, not an identity token`,
    });
  return { authorization: `Basic ${basicToken(credential)}`, goodUntil: Infinity };
}

async function fetchToken(
  options: TokensOptions,
  demand: Demand,
  challenge: Challenge,
): Promise<Remembered> {
  const { registry, repository } = demand.subject.repository;
  // Callers with different tags share the request, so its errors name the repository.
  const subject = { ...demand.subject, name: formatRepository({ registry, repository }) };
  const asked = options.now();
  const request = await tokenRequest(options, { ...demand, subject }, challenge);
  return options.client.perform(request, async (response) => {
    if (response.status !== 200) throw await refusedToken(response, request, options.now());
    const reply = await readReply(response);
    const token = reply?.access_token ?? reply?.token;
    if (token == null) throw protocolFault(subject, `${request.url.host} sent no usable token`);
    return { authorization: `Bearer ${token}`, goodUntil: asked + lifetime(reply?.expires_in) };
  });
}

/**
 * Builds the token request: GET with the user name and password, if any (distribution's token specification), or a
 * form with the identity token (its OAuth2 specification).
 */
async function tokenRequest(
  options: TokensOptions,
  demand: Demand,
  challenge: Challenge,
): Promise<ClientRequest> {
  const { subject, endpoint, signal } = demand;
  const { credential } = subject;
  const url = realmOf(demand, challenge);
  const atRegistry = url.host === endpoint.origin.host;
  const sameHost = url.hostname === endpoint.origin.hostname;
  const common = {
    url,
    accept: "application/json",
    // A public registry's realm must not be in a private network, and no realm may be at a link-local address.
    addresses: atRegistry || demand.private ? "routable" : "public",
    trust: sameHost ? endpoint.trust : await options.trustOf(url.host),
    subject,
    signal,
    content: "document",
  } as const;
  const service = challenge.parameters.get("service");
  const fields: [string, string][] = [
    ...(service === undefined ? [] : [["service", service] as [string, string]]),
    ["scope", pullScope(subject.repository.repository)],
  ];
  if (credential?.kind === "identity-token") {
    const form = new URLSearchParams([
      ["grant_type", "refresh_token"],
      ["refresh_token", credential.identityToken.reveal()],
      ["client_id", CLIENT_ID],
      ...fields,
    ]);
    return { ...common, method: "POST", authorization: null, form: form.toString() };
  }
  for (const [name, value] of fields) url.searchParams.append(name, value);
  return { ...common, method: "GET", authorization: basicHeader(credential) };
}

/** The URL of the token service. Throws if the realm is not allowed. */
function realmOf({ subject, endpoint }: Demand, challenge: Challenge): URL {
  const realm = challenge.parameters.get("realm") ?? "";
  if (!URL.canParse(realm)) throw protocolFault(subject, "its challenge has no realm");
  const url = new URL(realm);
  const fault = addressFault(url, !endpoint.insecure);
  if (fault !== null) throw redirectRefused(subject, `for a token ${fault}`);
  return url;
}

async function refusedToken(response: HttpResponse, request: ClientRequest, now: number) {
  const { subject } = request;
  const failure = await readRefusal(response, { subject, now });
  // OAuth2 services respond with 400 (`invalid_grant`) to an invalid token, and with 404 if they do not support such
  // tokens.
  const refused = [400, 401, 403, 404, 405].includes(response.status);
  if (!refused || failure.reason === "REGISTRY_RATE_LIMITED") return failure;
  return notAuthenticated(subject, { answer: { status: response.status } });
}

function basicHeader(credential: RegistryCredential | null): string | null {
  return credential?.kind === "password" ? `Basic ${basicToken(credential)}` : null;
}

/** Reads the token document; null if it is invalid or too long. */
async function readReply(response: HttpResponse): Promise<z.output<typeof tokenReply> | null> {
  try {
    const text = new TextDecoder().decode(await readBody(response, LARGEST_REPLY));
    return tokenReply.safeParse(JSON.parse(text)).data ?? null;
  } catch (caught) {
    if (caught instanceof SyntaxError || caught instanceof BodyTooLargeError) return null;
    throw caught;
  }
}

/** How long a token is used, in milliseconds: its lifetime less a margin for clock differences and queues. */
function lifetime(expiresIn: number | null | undefined): number {
  const seconds = Math.min(expiresIn ?? DEFAULT_LIFETIME_SECONDS, LONGEST_LIFETIME_SECONDS);
  return (seconds - Math.min(LONGEST_MARGIN_SECONDS, seconds / 4)) * 1000;
}
