import { cancellation, raceWithDetach } from "../../async/cancellation.ts";
import { isSlipwayError, type ErrorReason, type SlipwayError } from "../../errors.ts";
import type { Endpoint, Endpoints } from "./endpoints.ts";
import { bearerChallenge, challengedScopes, mayPull, pullScope } from "../auth.ts";
import { foreignDemand, type Subject } from "./failures.ts";
import type { ClientRequest, HttpClient } from "./http-client.ts";
import { readRefusal } from "./refusal.ts";
import type { Tokens } from "./tokens.ts";
import type { HttpResponse } from "./transport.ts";

/** A request to a registry's API; this module finds the endpoint and the credential. */
export interface RegistryRequest {
  readonly method: "GET" | "HEAD";
  /** Path below `/v2/`. */
  readonly path: string;
  readonly accept: string;
  readonly content: ClientRequest["content"];
  /** Position of the first byte of a blob that is wanted. Default 0. */
  readonly from?: number;
  readonly subject: Subject;
  readonly signal: AbortSignal;
}

/** The statuses by which a registry hides content from anonymous callers. */
const HIDING: ReadonlySet<number> = new Set([401, 403, 404]);

export interface AuthorizedRequests {
  /**
   * Sends the request with its caller's credential and reads a successful response; throws an error for every other
   * response.
   */
  perform<Result>(
    request: RegistryRequest,
    read: (response: HttpResponse) => Promise<Result>,
  ): Promise<Result>;
}

export interface AuthorizedRequestsOptions {
  readonly client: HttpClient;
  readonly endpoints: Endpoints;
  readonly tokens: Tokens;
  readonly now: () => number;
}

type Answer<Result> =
  | { readonly kind: "good"; readonly result: Result }
  /** The registry's own 401 with a challenge: the credential or token is missing, invalid or expired. */
  | {
      readonly kind: "demand";
      readonly header: string;
      readonly private: boolean;
      readonly failure: SlipwayError;
    }
  /**
   * The registry's own 401 without a challenge, 403 or 404: it may hide the content from anonymous callers. The
   * challenge of `/v2/` shows whether it takes credentials.
   */
  | { readonly kind: "hidden"; readonly status: number; readonly failure: SlipwayError };

/** A challenge, and the scopes of the token to request. */
interface Challenged {
  readonly header: string;
  /** True if the registry has a private address. */
  readonly private: boolean;
  readonly scopes: readonly string[];
  /** The error of the response without the credential. */
  readonly failure: SlipwayError;
}

export function createAuthorizedRequests(options: AuthorizedRequestsOptions): AuthorizedRequests {
  const { tokens } = options;
  return {
    async perform(request, read) {
      const { subject, signal } = request;
      const remembered = tokens.remembered(subject);
      let sent = remembered;
      let { endpoint, answer } = await reach(options, request, sent, read);
      if (hidesTokens(sent, answer)) {
        sent = null;
        ({ endpoint, answer } = await reach(options, request, sent, read));
      }
      if (answer.kind === "good") return answer.result;

      const attempt = async (challenged: Challenged, refused: string | null) => {
        const demand = { ...challenged, endpoint, refused, subject, signal };
        const authorization = await tokens.obtain(demand);
        const sending = { ...options, endpoint };
        return { authorization, answer: await sendRequest(sending, request, authorization, read) };
      };
      const challenged = await challengeOf({ ...options, endpoint }, request, answer, sent);
      const second = await attempt(challenged, remembered);
      if (second.answer.kind === "good") return second.answer.result;
      const next = corrected(challenged, second.answer, subject);
      // A registry that rejects the authorization that it has just requested will reject it again.
      if (next === null) throw second.answer.failure;
      const third = await attempt(next, second.authorization);
      if (third.answer.kind === "good") return third.answer.result;
      throw third.answer.failure;
    },
  };
}

/** True if the registry rejects a token with a challenge for Basic alone, as Harbor does. Without it, it offers tokens. */
function hidesTokens(authorization: string | null, answer: Answer<unknown>): boolean {
  return (
    authorization?.startsWith("Bearer ") === true &&
    answer.kind === "demand" &&
    bearerChallenge(answer.header) === undefined
  );
}

/** The challenge that the first response carries, or else that of `/v2/`. Throws the response's error if neither does. */
async function challengeOf(
  options: AuthorizedRequestsOptions & { readonly endpoint: Endpoint },
  request: RegistryRequest,
  answer: Exclude<Answer<unknown>, { kind: "good" }>,
  authorization: string | null,
): Promise<Challenged> {
  const { subject } = request;
  const own = [pullScope(subject.repository.repository)];
  if (answer.kind === "demand") {
    const named = challengedScopes(answer.header);
    return { ...answer, scopes: named.length === 0 ? own : named };
  }
  const mayHide = authorization === null && subject.credential !== null;
  const base = answer.status === 401 || mayHide ? await baseChallenge(options, request) : null;
  if (base === null) throw answer.failure;
  // GitHub's challenge at /v2/ has the scope of an example (`repository:user/image:pull`).
  return { ...base, scopes: own, failure: answer.failure };
}

/**
 * The challenge of a third attempt, after the registry has rejected a token: the one with the scopes that it names now, or
 * else with the repository's own. Null if the token had them. Scopes are not combined, because some token services
 * refuse a request with one that they do not know.
 */
function corrected(
  challenged: Challenged,
  answer: Exclude<Answer<unknown>, { kind: "good" }>,
  subject: Subject,
): Challenged | null {
  if (answer.kind !== "demand" || bearerChallenge(answer.header) === undefined) return null;
  const { repository } = subject.repository;
  const named = challengedScopes(answer.header);
  const isNew = named.some((scope) => !challenged.scopes.includes(scope));
  if (isNew) return { ...answer, scopes: named };
  const hasOwn = challenged.scopes.some((scope) => mayPull(scope, repository));
  return hasOwn ? null : { ...answer, scopes: [pullScope(repository)] };
}

/** The challenge of `/v2/`, which Docker, crane and skopeo read before any other request; null if it has none. */
async function baseChallenge(
  { client, endpoint }: AuthorizedRequestsOptions & { readonly endpoint: Endpoint },
  { subject, signal }: RegistryRequest,
): Promise<Pick<Challenged, "header" | "private"> | null> {
  const url = new URL("/v2/", endpoint.origin);
  const { trust } = endpoint;
  const content = "document";
  const common = { url, trust, subject, signal, content, addresses: "any" } as const;
  const base = {
    ...common,
    method: "GET",
    accept: "application/json",
    authorization: null,
  } as const;
  return client.perform(base, async (response) => {
    response.discard();
    const header = response.headers.get("www-authenticate") ?? "";
    const isDemand = response.status === 401 && response.origin === url.origin && header !== "";
    return isDemand ? { header, private: response.private } : null;
  });
}

/** Sends the first request to a registry, which also shows whether an insecure registry uses TLS. */
async function reach<Result>(
  options: AuthorizedRequestsOptions,
  request: RegistryRequest,
  authorization: string | null,
  read: (response: HttpResponse) => Promise<Result>,
): Promise<{ readonly endpoint: Endpoint; readonly answer: Answer<Result> }> {
  const { subject, signal } = request;
  const { registry } = subject.repository;
  // Finding out whether a registry is insecure may take a call to an engine, which does not obey this signal.
  const opening = options.endpoints.open(registry);
  const error = () => cancellation(signal, `reading ${subject.name}`);
  const endpoint = await raceWithDetach(opening, { signal, error });
  let answered = false;
  const onAnswer = () => {
    answered = true;
  };
  try {
    const sending = { ...options, endpoint, onAnswer };
    return { endpoint, answer: await sendRequest(sending, request, authorization, read) };
  } catch (caught) {
    const plain = options.endpoints.withoutTls(registry, endpoint);
    // A failure after a response, here or at the target of a redirect, does not justify a retry without TLS.
    if (plain === null || answered || !mayNotSpeakTls(caught)) throw caught;
    const answer = await sendRequest({ ...options, endpoint: plain }, request, authorization, read);
    options.endpoints.confirm(registry, plain);
    return { endpoint: plain, answer };
  }
}

async function sendRequest<Result>(
  options: AuthorizedRequestsOptions & {
    readonly endpoint: Endpoint;
    readonly onAnswer?: () => void;
  },
  request: RegistryRequest,
  authorization: string | null,
  read: (response: HttpResponse) => Promise<Result>,
): Promise<Answer<Result>> {
  const { client, endpoint, now, onAnswer } = options;
  const { path, subject, ...common } = request;
  const { trust, origin } = endpoint;
  const url = new URL(`/v2/${path}`, origin);
  const sent = { ...common, subject, url, authorization, trust, addresses: "any" } as const;
  return client.perform(
    onAnswer === undefined ? sent : { ...sent, onAnswer },
    async (response): Promise<Answer<Result>> => {
      const isPart = response.status === 206 && (request.from ?? 0) > 0;
      if (response.status === 200 || isPart) return { kind: "good", result: await read(response) };
      if (response.status === 401 && response.origin !== url.origin) {
        // The challenge comes from a redirect's target. Answering it would send the registry's credential to that
        // host, or to the realm that it names (CVE-2020-15157).
        response.discard();
        throw foreignDemand(subject, response.origin);
      }
      const { status } = response;
      const header = response.headers.get("www-authenticate") ?? "";
      const isOwn = response.origin === url.origin;
      const failure = await readRefusal(response, { subject, origin: url.origin, now: now() });
      if (status === 401 && header !== "")
        return { kind: "demand", header, private: response.private, failure };
      if (isOwn && HIDING.has(status)) return { kind: "hidden", status, failure };
      throw failure;
    },
  );
}

/** A plain HTTP server may also just close a TLS connection, and many proxies tunnel to port 443 alone. */
const WITHOUT_TLS: ReadonlySet<ErrorReason> = new Set([
  "PROXY_REFUSED",
  "PROXY_UNAVAILABLE",
  "REGISTRY_TLS",
  "REGISTRY_UNAVAILABLE",
]);

/** True if the connection failed. */
function mayNotSpeakTls(caught: unknown): boolean {
  return isSlipwayError(caught) && WITHOUT_TLS.has(caught.reason);
}
