import { cancellation, raceWithDetach } from "../../async/cancellation.ts";
import { isSlipwayError, type SlipwayError } from "../../errors.ts";
import type { Endpoint, Endpoints } from "./endpoints.ts";
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
  readonly subject: Subject;
  readonly signal: AbortSignal;
}

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
  /** The registry's own 401: the credential or token is missing, invalid or expired. */
  | {
      readonly kind: "demand";
      readonly header: string;
      readonly private: boolean;
      readonly failure: SlipwayError;
    };

export function createAuthorizedRequests(options: AuthorizedRequestsOptions): AuthorizedRequests {
  const { tokens } = options;
  return {
    async perform(request, read) {
      const { subject, signal } = request;
      const remembered = tokens.remembered(subject);
      const first = await reach(options, request, remembered, read);
      if (first.answer.kind === "good") return first.answer.result;
      const { header, failure } = first.answer;
      if (header === "") throw failure;

      const authorization = await tokens.obtain({
        endpoint: first.endpoint,
        private: first.answer.private,
        header,
        refused: remembered,
        subject,
        signal,
      });
      // Only once: a registry that rejects the authorization that it has just requested will reject it again.
      const second = await sendRequest(
        { ...options, endpoint: first.endpoint },
        request,
        authorization,
        read,
      );
      if (second.kind === "good") return second.result;
      throw second.failure;
    },
  };
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
      if (response.status === 200) return { kind: "good", result: await read(response) };
      if (response.status === 401 && response.origin !== url.origin) {
        // The challenge comes from a redirect's target. Answering it would send the registry's credential to that
        // host, or to the realm that it names (CVE-2020-15157).
        response.discard();
        throw foreignDemand(subject, response.origin);
      }
      const header = response.headers.get("www-authenticate") ?? "";
      const failure = await readRefusal(response, { subject, now: now() });
      if (response.status !== 401) throw failure;
      return { kind: "demand", header, private: response.private, failure };
    },
  );
}

/** True if the connection failed: a plain HTTP server may also just close a TLS connection. */
function mayNotSpeakTls(caught: unknown): boolean {
  if (!isSlipwayError(caught)) return false;
  return caught.reason === "REGISTRY_TLS" || caught.reason === "REGISTRY_UNAVAILABLE";
}
