import { z } from "zod";
import { parseChallenges, pullScope, type Challenge } from "../auth.ts";
import { basicToken, credentialKey, type RegistryCredential } from "../credential.ts";
import { formatRepository } from "../reference.ts";
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

/** A registry's refusal that says how to be let in. */
export interface Demand {
  readonly endpoint: Endpoint;
  /** True where the registry itself has a private address. */
  readonly private: boolean;
  /** The `WWW-Authenticate` field. */
  readonly header: string;
  /** The `Authorization` header that was refused, or null where there was none. */
  readonly refused: string | null;
  readonly subject: Subject;
  readonly signal: AbortSignal;
}

/** Values of the `Authorization` header, by registry, repository and credential. */
export interface Tokens {
  /** What let this caller in before and is still good, or null. */
  remembered(subject: Subject): string | null;
  /** What answers the challenge: a Basic header, or a fresh token. */
  obtain(demand: Demand): Promise<string>;
  /** The tokens that this caller was granted: the registry knows them, and may repeat them. */
  secrets(caller: RegistryCaller): readonly SecretValue[];
}

export interface TokensOptions {
  readonly client: HttpClient;
  readonly now: () => number;
  readonly trustOf: (host: string) => Promise<TlsTrust>;
}

interface Remembered {
  readonly authorization: string;
  /** Milliseconds since the epoch, margin taken off. */
  readonly goodUntil: number;
}

const MOST_TOKENS = 1024;
/** Of one caller and repository: that which is used, and those that were refused or ran out just before it. */
const TOKENS_KEPT_SECRET = 4;
const LARGEST_REPLY = 256 * 1024;
const CLIENT_ID = "slipway";
/** The distribution specification's lifetime of a token that does not say. */
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
      // Another caller may have renewed in the meantime what was refused to this one.
      if (known !== undefined && known.authorization !== demand.refused && isGood(known))
        return known.authorization;
      memory.delete(key);
      const challenges = parseChallenges(header);
      const bearer = challenges.find((challenge) => challenge.scheme === "bearer");
      // Callers who ask for the same at once share one request; the challenge is part of what is asked.
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
    const schemes = challenges.map((challenge) => challenge.scheme).join(", ") || "none";
    throw protocolFault(subject, `it asks for a credential by no known scheme (${schemes})`);
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
  // Shared by callers with several tags: what goes wrong is about the repository.
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
 * The request for a token: GET with the user name and password, if any (distribution's token specification), or a
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
    // The registry may point its callers to its own kind only: a public one never into a private network, and none
    // to a link-local address.
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

/** Where the token is to be had. Throws where the registry may not point its callers there. */
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
  // OAuth2 says 400 (invalid_grant) of a token that is not good, and 404 where there are no such tokens.
  const refused = [400, 401, 403, 404, 405].includes(response.status);
  if (!refused || failure.reason === "REGISTRY_RATE_LIMITED") return failure;
  return notAuthenticated(subject, { answer: { status: response.status } });
}

function basicHeader(credential: RegistryCredential | null): string | null {
  return credential?.kind === "password" ? `Basic ${basicToken(credential)}` : null;
}

/** The document, or null where it is none, or too long to be one. */
async function readReply(response: HttpResponse): Promise<z.output<typeof tokenReply> | null> {
  try {
    const text = new TextDecoder().decode(await readBody(response, LARGEST_REPLY));
    return tokenReply.safeParse(JSON.parse(text)).data ?? null;
  } catch (caught) {
    if (caught instanceof SyntaxError || caught instanceof BodyTooLargeError) return null;
    throw caught;
  }
}

/** For how long a token is used, in milliseconds: its lifetime less a margin for clocks and queues. */
function lifetime(expiresIn: number | null | undefined): number {
  const seconds = Math.min(expiresIn ?? DEFAULT_LIFETIME_SECONDS, LONGEST_LIFETIME_SECONDS);
  return (seconds - Math.min(LONGEST_MARGIN_SECONDS, seconds / 4)) * 1000;
}
