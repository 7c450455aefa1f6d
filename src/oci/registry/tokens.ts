import { bearerChallenge, parseChallenges, type Challenge } from "../auth.ts";
import { asPassword, basicToken, credentialKey } from "../credential.ts";
import { quote } from "../quote.ts";
import { formatRepository } from "../reference.ts";
import { quotableAddress } from "../../redaction/address.ts";
import { cutWords } from "../../redaction/cut.ts";
import { createSecretMemory, type SecretMemory } from "../../redaction/secret-memory.ts";
import type { SlipwayError } from "../../errors.ts";
import type { SecretValue } from "../../secret-value.ts";
import { createBoundedCache } from "./bounded-cache.ts";
import type { Endpoint } from "./endpoints.ts";
import {
  invalidName,
  said,
  notAuthenticated,
  notFound,
  notPermitted,
  protocolFault,
  rateLimited,
  redirectRefused,
  refused,
  type Subject,
} from "./failures.ts";
import type { ClientRequest, HttpClient } from "./http-client.ts";
import { addressFault } from "./redirects.ts";
import { meaningOf, readAnswer, readHiddenRefusal, readRefusal } from "./refusal.ts";
import { readTokenBody, readTokenReply } from "./token-reply.ts";
import { singleFlight } from "../../async/single-flight.ts";
import type { RegistryCaller } from "./contract.ts";
import type { HttpResponse, TlsTrust } from "./transport.ts";

/** Longest part of a challenge that a message repeats: a header can hold thousands of schemes. */
const LONGEST_QUOTE = 200;

/** A registry's 401 with its challenge. */
export interface Demand {
  readonly endpoint: Endpoint;
  /** True if the registry itself has a private address. */
  readonly private: boolean;
  /** The `WWW-Authenticate` field. */
  readonly header: string;
  /** The scopes of the token: those of the challenge, or the repository's own. */
  readonly scopes: readonly string[];
  /** The rejected `Authorization` header; null if there was none. */
  readonly refused: string | null;
  /** The error of the 401, with the registry's words. */
  readonly failure: SlipwayError;
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
const CLIENT_ID = "slipway";
/** The default token lifetime in the distribution specification. */
const DEFAULT_LIFETIME_SECONDS = 60;
const LONGEST_LIFETIME_SECONDS = 12 * 60 * 60;
const LONGEST_MARGIN_SECONDS = 30;
/**
 * The statuses of a token service that does not support OAuth2: 404 by distribution's specification, 405 from Harbor, 415
 * from Katello.
 */
const NO_OAUTH: ReadonlySet<number> = new Set([404, 405, 415]);
/** The statuses that refuse a credential; OAuth2 services respond with 400 (`invalid_grant`) to an invalid token. */
const REFUSED_CREDENTIAL: ReadonlySet<number> = new Set([400, 401, 403, 404, 405]);

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
      const { subject, signal, header, scopes } = demand;
      const key = keyOf(subject);
      const known = memory.get(key);
      // Another caller may already have renewed the token that was rejected here.
      if (known !== undefined && known.authorization !== demand.refused && isGood(known))
        return known.authorization;
      memory.delete(key);
      const challenges = parseChallenges(header);
      const bearer = tokenChallenge(challenges);
      if (subject.credential?.kind === "registry-token")
        return presentToken(subject, subject.credential.registryToken, demand);
      // Concurrent callers with the same question share one request; the key includes the challenge.
      const asked = [key, header, scopes, demand.endpoint.origin.href, demand.private];
      const caller = { key: JSON.stringify(asked), signal, what: `reading ${subject.name}` };
      const fresh =
        bearer === undefined
          ? answerBasic(challenges, demand)
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

/** The bearer challenge. One without a realm counts only if the registry does not offer Basic instead. */
function tokenChallenge(challenges: readonly Challenge[]): Challenge | undefined {
  const bearers = challenges.filter(({ scheme }) => scheme === "bearer");
  const offersBasic = challenges.some(({ scheme }) => scheme === "basic");
  const usable = bearers.find(({ parameters }) => (parameters.get("realm") ?? "") !== "");
  return usable ?? (offersBasic ? undefined : bearers[0]);
}

/**
 * The token that the configuration holds for the registry. As in Docker's engine, it answers a bearer challenge and is
 * never sent to a token service.
 */
function presentToken(subject: Subject, token: SecretValue, { header, refused }: Demand): string {
  const { registry } = subject.repository;
  if (bearerChallenge(header) === undefined)
    throw notAuthenticated(subject, {
      why: `the registry ${registry} takes a user name and a password, not a registry token`,
    });
  const authorization = `Bearer ${token.reveal()}`;
  if (refused === authorization) throw notAuthenticated(subject);
  return authorization;
}

function answerBasic(challenges: readonly Challenge[], { subject, failure }: Demand): Remembered {
  const { credential } = subject;
  const { registry } = subject.repository;
  if (!challenges.some((challenge) => challenge.scheme === "basic")) {
    const named = challenges.map((challenge) => challenge.scheme).join(", ") || "none";
    const schemes = cutWords(named, LONGEST_QUOTE);
    throw protocolFault(subject, `it requires an unsupported authentication scheme (${schemes})`);
  }
  if (credential === null) throw failure;
  if (credential.kind !== "password")
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
  const [request, fallback] = await tokenRequests(options, { ...demand, subject }, challenge);
  const read = async (response: HttpResponse): Promise<Remembered> => {
    const { status } = response;
    if (status < 200 || status > 299) throw await refusedToken(response, request, options.now());
    const body = await readTokenBody(response);
    const reply = body === null ? null : readTokenReply(body);
    if (reply === null) throw noToken(body, response, request, options.now());
    const goodUntil = asked + lifetime(reply.expiresIn);
    return { authorization: `Bearer ${reply.token}`, goodUntil };
  };
  return options.client.perform(request, async (response) => {
    if (fallback === null || !NO_OAUTH.has(response.status)) return read(response);
    response.discard();
    return options.client.perform(fallback, read);
  });
}

/**
 * Builds the token request: GET with the user name and password, if any (distribution's token specification), or a
 * form with the identity token (its OAuth2 specification). The fallback is for a service that does not support forms:
 * GET with the identity token as the password, as containerd sends it.
 */
async function tokenRequests(
  options: TokensOptions,
  demand: Demand,
  challenge: Challenge,
): Promise<readonly [ClientRequest, ClientRequest | null]> {
  const { subject, endpoint, signal, scopes } = demand;
  const { credential } = subject;
  const realm = realmOf(demand, challenge);
  const atRegistry = realm.host === endpoint.origin.host;
  const sameHost = realm.hostname === endpoint.origin.hostname;
  const common = {
    accept: "application/json",
    // A public registry's realm must not be in a private network, and no realm may be at a link-local address.
    addresses: atRegistry || demand.private ? "routable" : "public",
    trust: sameHost ? endpoint.trust : await options.trustOf(realm.host),
    subject,
    signal,
    content: "document",
  } as const;
  // Registries without a service name send an empty one.
  const named = challenge.parameters.get("service") ?? "";
  const service = named === "" ? [] : [["service", named] as [string, string]];
  const url = new URL(realm);
  for (const [name, value] of service) url.searchParams.append(name, value);
  for (const scope of scopes) url.searchParams.append("scope", scope);
  const sent = credential?.kind === "registry-token" ? null : credential;
  const authorization = sent === null ? null : `Basic ${basicToken(asPassword(sent))}`;
  const byGet = { ...common, method: "GET", url, authorization } as const;
  if (credential?.kind !== "identity-token") return [byGet, null];
  const form = new URLSearchParams([
    ["grant_type", "refresh_token"],
    ["refresh_token", credential.identityToken.reveal()],
    ["client_id", CLIENT_ID],
    ...service,
    ["scope", scopes.join(" ")],
  ]);
  return [
    { ...common, method: "POST", url: realm, authorization: null, form: form.toString() },
    byGet,
  ];
}

/** The URL of the token service. Throws if the realm is not allowed. */
function realmOf({ subject, endpoint }: Demand, challenge: Challenge): URL {
  const realm = challenge.parameters.get("realm") ?? "";
  if (realm === "") throw protocolFault(subject, "its challenge has no realm");
  // Engines resolve no relative realm either.
  if (!URL.canParse(realm)) {
    const named = quotableAddress(cutWords(realm, LONGEST_QUOTE));
    throw protocolFault(subject, `the realm of its challenge is not an address: ${quote(named)}`);
  }
  const url = new URL(realm);
  const fault = addressFault(url, !endpoint.insecure);
  if (fault !== null) throw redirectRefused(subject, `for a token ${fault}`);
  return url;
}

/** The error of a successful answer without a token, such as an error document or a login page. */
function noToken(
  body: Uint8Array | null,
  response: HttpResponse,
  { subject, url }: ClientRequest,
  now: number,
): SlipwayError {
  const asked = { subject, origin: url.origin, now, tokenService: url.host };
  const hidden = body === null ? null : readHiddenRefusal(body, response, asked);
  return hidden ?? protocolFault(subject, `${url.host} sent no usable token`);
}

async function refusedToken(
  response: HttpResponse,
  request: ClientRequest,
  now: number,
): Promise<SlipwayError> {
  const { subject, url } = request;
  const { status } = response;
  const asked = { subject, origin: url.origin, now };
  if (!REFUSED_CREDENTIAL.has(status)) return readRefusal(response, asked);
  const { refusal, answer } = await readAnswer(response, asked);
  const isDocument = refusal.form === "document";
  const meaning = meaningOf(status, refusal);
  if (meaning === "rate-limited") return rateLimited(subject, answer);
  if (isDocument && meaning === "missing") return notFound(subject, answer);
  if (isDocument && meaning === "invalid-name") return invalidName(subject, answer);
  // A firewall or a policy denies good credentials, too.
  if (isDocument && meaning === "denied") return notPermitted(subject, answer);
  if (subject.credential !== null || meaning === "unauthenticated")
    return notAuthenticated(subject, { answer, tokenService: url.host });
  if (meaning === "denied") return notPermitted(subject, answer);
  if (isDocument) return refused(subject, answer, url.host);
  const why = `its token service ${url.host} answers with ${said(answer)}`;
  return protocolFault(subject, why, { answer });
}

/** How long a token is used, in milliseconds: its lifetime less a margin for clock differences and queues. */
function lifetime(expiresIn: number | null): number {
  const seconds = Math.min(expiresIn ?? DEFAULT_LIFETIME_SECONDS, LONGEST_LIFETIME_SECONDS);
  return (seconds - Math.min(LONGEST_MARGIN_SECONDS, seconds / 4)) * 1000;
}
