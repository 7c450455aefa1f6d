import { retryAfterSeconds } from "../../../src/async/retry-after.ts";
import { proxyFailureIn } from "../../../src/proxy/proxy-failure.ts";
import type { ProxyFailure } from "../../../src/proxy/proxy-failure.ts";
import { cutWords } from "../../../src/redaction/cut.ts";
import { WebPageError } from "./web-page.ts";

/** AWS answered with an error. */
export interface SdkRefusal {
  readonly kind: "refusal";
  readonly code: string;
  /** False if the answer has no code: something else than EC2 or STS may have answered, such as a firewall. */
  readonly hasCode: boolean;
  readonly status: number;
  /** The first line of AWS's own message. */
  readonly words: string;
  readonly requestId: string | null;
  readonly retryAfterSeconds: number | null;
  /** This machine's clock differs from AWS's by four minutes or more, as the SDK measured by the answer's date. */
  readonly hasWrongClock: boolean;
}

/** The SDK's error, read without trusting its shape: AWS's answer, or the reason why there is none. */
export type SdkFailure =
  | SdkRefusal
  | {
      /**
       * `unreachable`: nothing was sent. `lost`: the request was sent, but no complete answer arrived. `foreign`: something
       * else answered, and AWS may have received the request all the same. `endpoint`: the settings give no address, so
       * that nothing was sent.
       */
      readonly kind: "no-credentials" | "unreachable" | "lost" | "foreign" | "endpoint";
      readonly words: string;
      /** Node's error code, such as `ECONNREFUSED`. */
      readonly cause: string | null;
    }
  /** A proxy did not connect the request to AWS. */
  | { readonly kind: "proxy"; readonly failure: ProxyFailure };

/** Node's codes for connections that were never established. */
const NOT_CONNECTED: ReadonlySet<string> = new Set([
  "EACCES",
  "EADDRNOTAVAIL",
  "EAI_AGAIN",
  "EAI_FAIL",
  "ECONNREFUSED",
  "EHOSTDOWN",
  "EHOSTUNREACH",
  "ENETDOWN",
  "ENETUNREACH",
  "ENOTFOUND",
]);

/**
 * Node sends no header with a line break or a control character. The credentials are the only part of a request's
 * headers that a user writes.
 */
export const INVALID_HEADER = "ERR_INVALID_CHAR";

/** Names that the SDK gives to errors whose answer has no code. */
const NO_CODES: ReadonlySet<string> = new Set(["", "Unknown", "UnknownError", "Error"]);

const LONGEST_WORDS = 2_000;

export function failureOf(caught: unknown): SdkFailure {
  if (!(caught instanceof Error))
    return { kind: "lost", words: oneLine(String(caught)), cause: null };
  const proxy = proxyFailureIn(caught);
  if (proxy !== null) return { kind: "proxy", failure: proxy };
  const words = oneLine(caught.message || (firstOf(caught)?.message ?? ""));
  if (isCredentialFailure(caught.name)) return { kind: "no-credentials", words, cause: null };
  if (caught.name === "EndpointError") return { kind: "endpoint", words, cause: null };
  const status = statusOf(caught);
  if (status !== null && status >= 400) {
    const hasCode = !NO_CODES.has(caught.name) && !isDeserializationFailure(caught);
    return {
      kind: "refusal",
      code: hasCode ? caught.name.slice(0, 200) : `HTTP ${status}`,
      hasCode,
      status,
      words: hasCode ? words : `the answer has no error code${originOf(caught)}`,
      requestId: requestIdOf(caught),
      retryAfterSeconds: retryAfterOf(caught),
      hasWrongClock: fieldsOf(caught, "$metadata")?.["clockSkewCorrected"] === true,
    };
  }
  if (caught instanceof WebPageError)
    return { kind: "foreign", words: `${words}${originOf(caught)}`, cause: null };
  // The parser's own message would quote the answer.
  if (status !== null) return { kind: "lost", words: "the answer cannot be read", cause: null };
  const cause = nodeCode(caught);
  if (cause === INVALID_HEADER) return { kind: "no-credentials", words, cause };
  const isRefused = cause !== null && (NOT_CONNECTED.has(cause) || isAboutCertificate(cause));
  const isUnsent = isRefused || isConnectTimeout(caught);
  return { kind: isUnsent ? "unreachable" : "lost", words, cause };
}

/**
 * The SDK gives its timeouts one name and no code, that of a connection as well as that of a silent answer. Only its
 * words distinguish them. With other words the request counts as sent, which is the safe assumption.
 */
function isConnectTimeout(caught: Error): boolean {
  return (
    caught.name === "TimeoutError" &&
    caught.message.includes("the request socket did not establish a connection with the server")
  );
}

function isCredentialFailure(name: string): boolean {
  return name === "CredentialsProviderError" || name === "TokenProviderError";
}

function isAboutCertificate(code: string): boolean {
  return /^(?:CERT_|ERR_TLS_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_)/.test(code);
}

function isDeserializationFailure(caught: Error): boolean {
  return caught.message.includes("Deserialization error");
}

/** The HTTP status from `$metadata`, or from the raw answer if the parser failed on it. */
function statusOf(caught: Error): number | null {
  const status =
    numberIn(fieldsOf(caught, "$metadata"), "httpStatusCode") ??
    numberIn(fieldsOf(caught, "$response"), "statusCode");
  return status === null || !Number.isInteger(status) ? null : status;
}

function requestIdOf(caught: Error): string | null {
  const id = fieldsOf(caught, "$metadata")?.["requestId"];
  return typeof id === "string" && id.length <= 200 ? id : null;
}

function retryAfterOf(caught: Error): number | null {
  const field = headerOf(caught, "retry-after");
  return field === null ? null : retryAfterSeconds(field);
}

/** The type of the answer and the server that names itself in it: ` (text/html from squid/5.7)`. */
function originOf(caught: Error): string {
  const [type = "no content type"] =
    (headerOf(caught, "content-type") ?? "").match(/^[^;\s]+/) ?? [];
  const server = headerOf(caught, "server");
  return ` (${type}${server === null ? "" : ` from ${server}`})`;
}

function headerOf(caught: Error, name: string): string | null {
  const field = fieldsOf(fieldsOf(caught, "$response") ?? {}, "headers")?.[name];
  return typeof field === "string" ? oneLine(field).slice(0, 200) : null;
}

/** The Node error code of the error itself, of its cause or of the first error in an aggregate. */
function nodeCode(caught: Error): string | null {
  const inner = caught.cause instanceof Error ? caught.cause : null;
  for (const candidate of [caught, inner, firstOf(caught)])
    if (candidate !== null && "code" in candidate && typeof candidate.code === "string")
      return candidate.code;
  return null;
}

/** If a host has several addresses, Node throws one error for all of them, which has no message of its own. */
function firstOf(caught: Error): Error | null {
  const first: unknown = caught instanceof AggregateError ? caught.errors[0] : null;
  return first instanceof Error ? first : null;
}

function fieldsOf(value: object, name: string): Readonly<Record<string, unknown>> | null {
  const field: unknown = Reflect.get(value, name);
  return isFields(field) ? field : null;
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function numberIn(fields: Readonly<Record<string, unknown>> | null, name: string): number | null {
  const value = fields?.[name];
  return typeof value === "number" ? value : null;
}

/** Only the first line: when AWS refuses a signature, its message quotes the whole request with all tokens. */
function oneLine(words: string): string {
  const [first = ""] = cutWords(words, LONGEST_WORDS).split(/[\r\n]/, 1);
  return first.trim();
}
