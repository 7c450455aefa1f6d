import { z } from "zod";
import { CONNECT_TIMEOUT } from "../../../src/async/connect-timeout.ts";
import { proxyFailureIn } from "../../../src/proxy/proxy-failure.ts";
import { cutWords } from "../../../src/redaction/cut.ts";
import { tryParseJson } from "../../../src/json/try-parse-json.ts";

/** How a call ended without a usable reply. */
export type GceOutcome =
  /** Compute Engine replied with an error status. */
  | "refused"
  /** The request was sent, but no readable reply arrived: it may have taken effect. */
  | "lost"
  /** No server answered at the address: no request was sent. */
  | "unreachable"
  /** There are no credentials, or no token service accepts them: no request reached Compute Engine. */
  | "credential";

export interface GceFailureParts {
  readonly outcome: GceOutcome;
  /** One line of at most {@link LONGEST_MESSAGE} characters. */
  readonly message: string;
  /** HTTP status; null without a reply. */
  readonly status: number | null;
  /** The reply's reasons, the most specific first: `details[].reason`, then `errors[].reason`. */
  readonly codes: readonly string[];
  /** Pages that Google names in its reply; an API's activation page first. */
  readonly help?: readonly string[];
  readonly retryAfterSeconds: number | null;
  readonly cause?: unknown;
}

/** A failed call, not yet turned into a `SlipwayError`. */
export class GceCallFailure extends Error {
  override readonly name = "GceCallFailure";
  readonly outcome: GceOutcome;
  readonly status: number | null;
  readonly codes: readonly string[];
  readonly help: readonly string[];
  readonly retryAfterSeconds: number | null;

  constructor(parts: GceFailureParts) {
    super(oneLine(parts.message), parts.cause === undefined ? undefined : { cause: parts.cause });
    this.outcome = parts.outcome;
    this.status = parts.status;
    this.codes = parts.codes;
    this.help = parts.help ?? [];
    this.retryAfterSeconds = parts.retryAfterSeconds;
  }
}

/** Thrown if no token is available, so that this failure is never mistaken for Compute Engine's. */
export class GceCredentialFailure extends Error {
  override readonly name = "GceCredentialFailure";
}

/** The wait that an error reply demands. The client drops the headers of error replies. */
export class GceThrottleReply extends Error {
  override readonly name = "GceThrottleReply";
  /** The client reads status and body from these fields. */
  readonly status: number;
  readonly retryAfterSeconds: number;

  constructor(status: number, body: string, retryAfterSeconds: number) {
    super(body);
    this.status = status;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

const LONGEST_MESSAGE = 1_000;
/** Where the client keeps the body of an error reply; its own error lacks `errors[].reason`. */
const PAYLOAD = Symbol.for("google-gax.rawHttpResponsePayload");

/** Codes of connections that were never established, so the request was not sent. */
const UNCONNECTED: ReadonlySet<string> = new Set([
  CONNECT_TIMEOUT,
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ERR_TLS_CERT_ALTNAME_INVALID",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "CERT_HAS_EXPIRED",
  "CERT_NOT_YET_VALID",
]);

const withPage = z.object({ activationUrl: z.string().catch("") }).catch({ activationUrl: "" });

const envelope = z.object({
  error: z.object({
    message: z.string().catch(""),
    errors: z
      .array(z.object({ reason: z.string().catch(""), message: z.string().catch("") }))
      .catch([]),
    details: z
      .array(
        z.object({
          reason: z.string().catch(""),
          metadata: withPage,
          metadatas: withPage,
          links: z.array(z.object({ url: z.string().catch("") })).catch([]),
        }),
      )
      .catch([]),
  }),
});

/** Turns the client's error into one kind of failure. Any other error (a defect) is returned unchanged. */
export function readFailure(caught: unknown): unknown {
  if (caught instanceof GceCallFailure || !(caught instanceof Error)) return caught;
  const causes = causesOf(caught);
  const proxy = proxyFailureIn(caught);
  if (proxy !== null) return unanswered("unreachable", proxy);
  const credential = causes.find((cause) => cause instanceof GceCredentialFailure);
  if (credential !== undefined) return unanswered("credential", credential);
  const status = numberOf(caught, "httpStatusCode");
  if (status !== null) return refusal(caught, status, causes);
  // The client's own errors have a numeric code; an error without one was thrown by our code before anything was
  // sent.
  if (numberOf(caught, "code") === null) return caught;
  const unconnected = isUnconnected(caught);
  return unanswered(unconnected ? "unreachable" : "lost", causes.at(-1) ?? caught);
}

/** Whether a request failed because no connection was established. */
export function isUnconnected(caught: unknown): boolean {
  if (!(caught instanceof Error)) return false;
  return causesOf(caught).some((cause) => UNCONNECTED.has(textOf(cause, "code") ?? ""));
}

function unanswered(outcome: GceOutcome, cause: Error): GceCallFailure {
  const { message } = cause;
  return new GceCallFailure({
    outcome,
    message: withoutTokens(message === "" ? (textOf(cause, "code") ?? cause.name) : message),
    status: null,
    codes: [],
    retryAfterSeconds: null,
    cause,
  });
}

function refusal(caught: Error, status: number, causes: readonly Error[]): GceCallFailure {
  const payload: unknown = Object.getOwnPropertyDescriptor(caught, PAYLOAD)?.value;
  const body = envelope.safeParse(typeof payload === "string" ? tryParseJson(payload) : payload);
  const error = body.success ? body.data.error : null;
  const codes = [...(error?.details ?? []), ...(error?.errors ?? [])].map(({ reason }) => reason);
  const throttle = causes.find((cause) => cause instanceof GceThrottleReply);
  const details = error?.details ?? [];
  const pages = [
    // Google's gateway writes `metadata`, Compute Engine itself `metadatas`.
    ...details.flatMap(({ metadata, metadatas }) => [
      metadata.activationUrl,
      metadatas.activationUrl,
    ]),
    ...details.flatMap(({ links }) => links.map(({ url }) => url)),
  ];
  // Only `errors` has all messages, if several policies forbid a request.
  const words = [error?.message, ...(error?.errors ?? []).map(({ message }) => message)];
  const said = [...new Set(words)].filter(Boolean).join("; ");
  return new GceCallFailure({
    outcome: "refused",
    message: withoutTokens(said === "" ? `HTTP status ${status}${titleOf(payload)}` : said),
    status,
    codes: [...new Set(codes.filter((code) => code !== ""))],
    help: pages.filter((page) => page.startsWith("https://")),
    retryAfterSeconds: throttle?.retryAfterSeconds ?? null,
    cause: caught,
  });
}

/** The title of a proxy's or of Google's own error page, after a colon; empty for any other text. */
function titleOf(payload: unknown): string {
  if (typeof payload !== "string") return "";
  const title = /<title>([^<]{1,200})<\/title>/i.exec(payload)?.[1] ?? "";
  return title.trim() === "" ? "" : `: ${title.trim()}`;
}

/** The error and its causes, the root cause last. */
function causesOf(error: Error): readonly Error[] {
  const causes: Error[] = [];
  for (let at: unknown = error; at instanceof Error && !causes.includes(at); at = at.cause)
    causes.push(at);
  return causes;
}

function numberOf(error: Error, field: string): number | null {
  const value: unknown = Object.getOwnPropertyDescriptor(error, field)?.value;
  return typeof value === "number" ? value : null;
}

function textOf(error: Error, field: string): string | null {
  const value: unknown = Object.getOwnPropertyDescriptor(error, field)?.value;
  return typeof value === "string" ? value : null;
}

/** Another service's words as one line. Token servers may repeat the request's secrets. */
export function quotableWords(text: string): string {
  return oneLine(withoutTokens(text));
}

function withoutTokens(text: string): string {
  return text.replaceAll(/\b(?:ya29\.|eyJ)[\w.-]+/g, "[redacted]");
}

function oneLine(text: string): string {
  return cutWords(text.replaceAll(/\s+/g, " ").trim(), LONGEST_MESSAGE);
}
