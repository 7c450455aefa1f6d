import pRetry from "p-retry";
import { cancellation, createDeadline } from "../../async/cancellation.ts";
import type { SlipwayError } from "../../errors.ts";
import type { Subject } from "./failures.ts";
import { followRedirects } from "./redirects.ts";
import { readRefusal } from "./refusal.ts";
import { translateFailure } from "./translate-failure.ts";
import type { AllowedAddresses, HttpResponse, HttpTransport, TlsTrust } from "./transport.ts";

/** Sends requests with redirects, retries and timeouts, and turns failures into a `SlipwayError`. */
export interface ClientRequest {
  readonly method: "GET" | "HEAD" | "POST";
  readonly url: URL;
  readonly accept: string;
  /** Sent only to the first host. */
  readonly authorization: string | null;
  /** The body of a POST, `application/x-www-form-urlencoded`. */
  readonly form?: string;
  readonly addresses: AllowedAddresses;
  readonly trust: TlsTrust;
  readonly subject: Subject;
  readonly signal: AbortSignal;
  /** A document has one overall time limit; a blob has a limit for its response head and one for silence. */
  readonly content: "document" | "blob";
  /** Position of the first byte that is wanted. Default 0: the whole content. */
  readonly from?: number;
  /** Called after every response of the first host, whatever its status. */
  readonly onAnswer?: () => void;
}

export interface HttpClientOptions {
  readonly transport: HttpTransport;
  readonly userAgent: string;
  readonly now: () => number;
  /** The certificates to trust at a redirect's target host (with port). */
  readonly trustOf: (host: string) => Promise<TlsTrust>;
  readonly retry: RetryOptions;
  /** Default: one minute for a document, with at most half a minute of silence; two minutes of silence for a blob. */
  readonly limits?: TimeLimits;
}

export interface RetryOptions {
  /** Maximum number of retries after a missing response, or after a status of 500 or more of a GET or POST. */
  readonly retries: number;
  /** First delay between attempts in milliseconds; it doubles each time. */
  readonly pauseMilliseconds: number;
}

export interface HttpClient {
  /** Sends the request and reads the response. `read` receives every status except redirects and 500 or more. */
  perform<Result>(
    request: ClientRequest,
    read: (response: HttpResponse) => Promise<Result>,
  ): Promise<Result>;
}

/** Time limits of requests to a registry, in milliseconds. */
export interface TimeLimits {
  /**
   * Overall limit for a document and for the head of a blob, because a response that drips in byte by byte is never
   * silent.
   */
  readonly document: number;
  /** Maximum silence while a document is read. */
  readonly documentIdle: number;
  /** Maximum silence while a blob is read. */
  readonly blobIdle: number;
}

const DEFAULT_LIMITS: TimeLimits = { document: 60_000, documentIdle: 30_000, blobIdle: 120_000 };
const LONGEST_PAUSE = 5_000;

/** A failed attempt, with whether a retry may succeed. */
class AttemptError extends Error {
  readonly failure: SlipwayError;
  readonly transient: boolean;

  constructor(failure: SlipwayError, transient: boolean) {
    super(failure.message);
    this.failure = failure;
    this.transient = transient;
  }
}

export function createHttpClient(options: HttpClientOptions): HttpClient {
  return {
    async perform(request, read) {
      const { signal, subject } = request;
      if (signal.aborted) throw cancellation(signal, `reading ${subject.name}`);
      try {
        return await pRetry(() => attempt(options, request, read), {
          retries: options.retry.retries,
          minTimeout: options.retry.pauseMilliseconds,
          maxTimeout: LONGEST_PAUSE,
          randomize: true,
          signal,
          shouldRetry: ({ error }) => error instanceof AttemptError && error.transient,
        });
      } catch (caught) {
        if (caught instanceof AttemptError) throw caught.failure;
        if (signal.aborted) throw cancellation(signal, `reading ${subject.name}`);
        throw caught;
      }
    },
  };
}

async function attempt<Result>(
  options: HttpClientOptions,
  request: ClientRequest,
  read: (response: HttpResponse) => Promise<Result>,
): Promise<Result> {
  const { subject } = request;
  const { limits = DEFAULT_LIMITS } = options;
  using deadline =
    request.content === "blob" ? null : createDeadline(request.signal, limits.document);
  const signal = deadline?.signal ?? request.signal;
  let { host } = request.url;
  try {
    const hop = toHop(options, request, signal);
    const response = await followRedirects(options, {
      ...hop,
      onHop: (url) => {
        host = url.host;
      },
    });
    if (response.status >= 500) {
      const { origin } = request.url;
      const failure = await readRefusal(response, { subject, origin, now: options.now() });
      // The client asks again by GET, whose response has a body.
      const repeated = request.method !== "HEAD" && failure.reason === "REGISTRY_UNAVAILABLE";
      throw new AttemptError(failure, repeated);
    }
    return await read(response);
  } catch (caught) {
    if (caught instanceof AttemptError) throw caught;
    const timedOut = signal.aborted && !request.signal.aborted;
    const { failure, transient } = translateFailure(caught, { ...request, host, timedOut });
    throw new AttemptError(failure, transient);
  }
}

function toHop(options: HttpClientOptions, request: ClientRequest, signal: AbortSignal) {
  const { method, url, accept, authorization, form, addresses, trust, content, from = 0 } = request;
  const { document, blobIdle, documentIdle } = options.limits ?? DEFAULT_LIMITS;
  return {
    method,
    url,
    authorization,
    addresses,
    trust,
    signal,
    onAnswer: request.onAnswer ?? (() => undefined),
    headMilliseconds: document,
    idleMilliseconds: content === "blob" ? blobIdle : documentIdle,
    headers: {
      accept,
      // Digests apply to the stored bytes, so no content encoding is acceptable.
      "accept-encoding": "identity",
      "user-agent": options.userAgent,
      ...(from === 0 ? {} : { range: `bytes=${from}-` }),
      ...(form === undefined ? {} : { "content-type": "application/x-www-form-urlencoded" }),
    },
    ...(form === undefined ? {} : { body: form }),
  };
}
