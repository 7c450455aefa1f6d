import { z } from "zod";
import { cutWords } from "../../../src/redaction/cut.ts";

/** What became of a call that brought no answer. */
export type GceOutcome =
  /** Compute Engine answered, with a status that is no success. */
  | "refused"
  /** The request went out, and no answer came back that can be read: it may have been done. */
  | "lost"
  /** Nobody answered at that address: nothing was asked of anybody. */
  | "unreachable"
  /** There are no credentials, or nobody gives a token for them: nothing was asked of Compute Engine. */
  | "credential";

export interface GceFailureParts {
  readonly outcome: GceOutcome;
  /** One line of at most {@link LONGEST_MESSAGE} characters. */
  readonly message: string;
  /** HTTP status; null where no reply came. */
  readonly status: number | null;
  /** What the reply calls its reasons, the most telling first: `details[].reason`, then `errors[].reason`. */
  readonly codes: readonly string[];
  readonly retryAfterSeconds: number | null;
  readonly cause?: unknown;
}

/** A call that failed, before anybody has judged what that means. */
export class GceCallFailure extends Error {
  override readonly name = "GceCallFailure";
  readonly outcome: GceOutcome;
  readonly status: number | null;
  readonly codes: readonly string[];
  readonly retryAfterSeconds: number | null;

  constructor(parts: GceFailureParts) {
    super(oneLine(parts.message), parts.cause === undefined ? undefined : { cause: parts.cause });
    this.outcome = parts.outcome;
    this.status = parts.status;
    this.codes = parts.codes;
    this.retryAfterSeconds = parts.retryAfterSeconds;
  }
}

/** Thrown where no token could be had, so that its failure is never taken for Compute Engine's. */
export class GceCredentialFailure extends Error {
  override readonly name = "GceCredentialFailure";
}

/** A reply that asks to wait; the client keeps no headers of what it refuses. */
export class GceThrottleReply extends Error {
  override readonly name = "GceThrottleReply";
  /** The client takes status and body from fields of these names. */
  readonly status: number;
  readonly retryAfterSeconds: number;

  constructor(status: number, body: string, retryAfterSeconds: number) {
    super(body);
    this.status = status;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

const LONGEST_MESSAGE = 1_000;
/** Where the client keeps the body of a refusal: of its own it keeps no `errors[].reason`. */
const PAYLOAD = Symbol.for("google-gax.rawHttpResponsePayload");

/** The connection was never made, so that the request was not sent. */
const UNCONNECTED: ReadonlySet<string> = new Set([
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
]);

const envelope = z.object({
  error: z.object({
    message: z.string().catch(""),
    errors: z.array(z.object({ reason: z.string().catch("") })).catch([]),
    details: z.array(z.object({ reason: z.string().catch("") })).catch([]),
  }),
});

/**
 * What the client threw, as one kind of failure. What is no failure of a call (a defect of ours) is given back as it is.
 */
export function readFailure(caught: unknown): unknown {
  if (caught instanceof GceCallFailure || !(caught instanceof Error)) return caught;
  const causes = causesOf(caught);
  const credential = causes.find((cause) => cause instanceof GceCredentialFailure);
  if (credential !== undefined) return unanswered("credential", credential);
  const status = numberOf(caught, "httpStatusCode");
  if (status !== null) return refusal(caught, status, causes);
  // The client's own errors carry a number; what has none was thrown by ours, before anything was sent.
  if (numberOf(caught, "code") === null) return caught;
  const unconnected = causes.some((cause) => UNCONNECTED.has(textOf(cause, "code") ?? ""));
  return unanswered(unconnected ? "unreachable" : "lost", causes.at(-1) ?? caught);
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
  const body = envelope.safeParse(typeof payload === "string" ? parsedJson(payload) : payload);
  const error = body.success ? body.data.error : null;
  const codes = [...(error?.details ?? []), ...(error?.errors ?? [])].map(({ reason }) => reason);
  const throttle = causes.find((cause) => cause instanceof GceThrottleReply);
  const said = error === null || error.message === "" ? `HTTP status ${status}` : error.message;
  return new GceCallFailure({
    outcome: "refused",
    message: withoutTokens(said),
    status,
    codes: [...new Set(codes.filter((code) => code !== ""))],
    retryAfterSeconds: throttle?.retryAfterSeconds ?? null,
    cause: caught,
  });
}

/** The error and what caused it, the first cause last. */
function causesOf(error: Error): readonly Error[] {
  const causes: Error[] = [];
  for (let at: unknown = error; at instanceof Error && !causes.includes(at); at = at.cause)
    causes.push(at);
  return causes;
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (caught) {
    if (caught instanceof SyntaxError) return null;
    throw caught;
  }
}

function numberOf(error: Error, field: string): number | null {
  const value: unknown = Object.getOwnPropertyDescriptor(error, field)?.value;
  return typeof value === "number" ? value : null;
}

function textOf(error: Error, field: string): string | null {
  const value: unknown = Object.getOwnPropertyDescriptor(error, field)?.value;
  return typeof value === "string" ? value : null;
}

/** Token servers may repeat what they were sent. */
function withoutTokens(text: string): string {
  return text.replaceAll(/\b(?:ya29\.|eyJ)[\w.-]+/g, "[redacted]");
}

function oneLine(text: string): string {
  return cutWords(text.replaceAll(/\s+/g, " ").trim(), LONGEST_MESSAGE);
}
