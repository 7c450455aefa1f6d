import pRetry from "p-retry";
import { cancellation, createDeadline } from "../../async/cancellation.ts";
import type { SlipwayError } from "../../errors.ts";
import type { Subject } from "./failures.ts";
import { followRedirects } from "./redirects.ts";
import { readRefusal } from "./refusal.ts";
import { translateFailure } from "./translate-failure.ts";
import type { AllowedAddresses, HttpResponse, HttpTransport, TlsTrust } from "./transport.ts";

/** A request with all that may happen to it on the way: redirects, retries, time-outs, and errors of ours. */
export interface ClientRequest {
  readonly method: "GET" | "HEAD" | "POST";
  readonly url: URL;
  readonly accept: string;
  /** Sent to the first host alone. */
  readonly authorization: string | null;
  /** The body of a POST, `application/x-www-form-urlencoded`. */
  readonly form?: string;
  readonly addresses: AllowedAddresses;
  readonly trust: TlsTrust;
  readonly subject: Subject;
  readonly signal: AbortSignal;
  /** Documents have a time limit as a whole; of blobs only the head has one, and silence. */
  readonly content: "document" | "blob";
  /** Called whenever the first host has answered, whatever its answer. */
  readonly onAnswer?: () => void;
}

export interface HttpClientOptions {
  readonly transport: HttpTransport;
  readonly userAgent: string;
  readonly now: () => number;
  /** What to trust at a host (with port) to which a redirect leads. */
  readonly trustOf: (host: string) => Promise<TlsTrust>;
  readonly retry: RetryOptions;
  /** Default a minute for a document, of which half may be silence, and two minutes of silence for a blob. */
  readonly limits?: TimeLimits;
}

export interface RetryOptions {
  /** How often a request that found no answer, or a status from 500 on, is repeated. */
  readonly retries: number;
  /** The first pause; it doubles. Milliseconds. */
  readonly pauseMilliseconds: number;
}

export interface HttpClient {
  /**
   * Sends the request and reads the answer. What `read` is given is never a redirect and never a status of 500 or
   * more; it may be any other.
   */
  perform<Result>(
    request: ClientRequest,
    read: (response: HttpResponse) => Promise<Result>,
  ): Promise<Result>;
}

/** For how long a registry is waited for, in milliseconds. */
export interface TimeLimits {
  /** A document as a whole, and the head of a blob: what drips in byte by byte is never silent. */
  readonly document: number;
  /** Silence while a document comes. */
  readonly documentIdle: number;
  /** Silence while a blob comes. */
  readonly blobIdle: number;
}

const DEFAULT_LIMITS: TimeLimits = { document: 60_000, documentIdle: 30_000, blobIdle: 120_000 };
const LONGEST_PAUSE = 5_000;

/** One failed try, with whether another may do better. */
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
  try {
    const response = await followRedirects(options, toHop(options, request, signal));
    if (response.status >= 500) {
      const failure = await readRefusal(response, { subject, now: options.now() });
      throw new AttemptError(failure, failure.reason === "REGISTRY_UNAVAILABLE");
    }
    return await read(response);
  } catch (caught) {
    if (caught instanceof AttemptError) throw caught;
    const timedOut = signal.aborted && !request.signal.aborted;
    const { failure, transient } = translateFailure(caught, { ...request, timedOut });
    throw new AttemptError(failure, transient);
  }
}

function toHop(options: HttpClientOptions, request: ClientRequest, signal: AbortSignal) {
  const { method, url, accept, authorization, form, addresses, trust, content } = request;
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
      // Digests are of the bytes as they are stored: nothing may pack them on the way.
      "accept-encoding": "identity",
      "user-agent": options.userAgent,
      ...(form === undefined ? {} : { "content-type": "application/x-www-form-urlencoded" }),
    },
    ...(form === undefined ? {} : { body: form }),
  };
}
