import { retryAfterSeconds } from "../../../src/async/retry-after.ts";
import { cutWords } from "../../../src/redaction/cut.ts";

/** What the SDK throws, read without trusting its shape: what AWS answered, or that it did not. */
export type SdkFailure =
  | {
      /** An answer with an error in it. */
      readonly kind: "refusal";
      readonly code: string;
      readonly status: number;
      /** One line of AWS's own words. */
      readonly words: string;
      readonly requestId: string | null;
      readonly retryAfterSeconds: number | null;
    }
  | {
      /** `unreachable`: nothing was sent. `lost`: something was, and no whole answer came back. */
      readonly kind: "no-credentials" | "unreachable" | "lost";
      readonly words: string;
      /** Node's own code, such as `ECONNREFUSED`. */
      readonly cause: string | null;
    };

/** Codes of Node for connections that were never made. */
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

/** The SDK's own names for answers that hold no code. */
const NO_CODES: ReadonlySet<string> = new Set(["", "Unknown", "UnknownError", "Error"]);

const LONGEST_WORDS = 2_000;

export function failureOf(caught: unknown): SdkFailure {
  if (!(caught instanceof Error))
    return { kind: "lost", words: oneLine(String(caught)), cause: null };
  const words = oneLine(caught.message || (firstOf(caught)?.message ?? ""));
  if (isCredentialFailure(caught.name)) return { kind: "no-credentials", words, cause: null };
  const status = statusOf(caught);
  if (status !== null && status >= 400)
    return {
      kind: "refusal",
      code: NO_CODES.has(caught.name) ? `HTTP ${status}` : caught.name.slice(0, 200),
      status,
      words: isDeserializationFailure(caught) ? "the answer cannot be read" : words,
      requestId: requestIdOf(caught),
      retryAfterSeconds: retryAfterOf(caught),
    };
  // The parser's own words would quote the answer.
  if (status !== null) return { kind: "lost", words: "the answer cannot be read", cause: null };
  const cause = nodeCode(caught);
  const isRefused = cause !== null && (NOT_CONNECTED.has(cause) || isAboutCertificate(cause));
  return { kind: isRefused ? "unreachable" : "lost", words, cause };
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

/** Of `$metadata`, or of the raw answer that a parser failed on. */
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
  const headers = fieldsOf(fieldsOf(caught, "$response") ?? {}, "headers");
  const field = headers?.["retry-after"];
  return typeof field === "string" ? retryAfterSeconds(field) : null;
}

/** Of the error itself, or of one that it is about. */
function nodeCode(caught: Error): string | null {
  const inner = caught.cause instanceof Error ? caught.cause : null;
  for (const candidate of [caught, inner, firstOf(caught)])
    if (candidate !== null && "code" in candidate && typeof candidate.code === "string")
      return candidate.code;
  return null;
}

/** A host with several addresses fails with one error for all of them, which has no words of its own. */
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

/** The first line alone: what is refused for its signature is answered with the whole request, tokens and all. */
function oneLine(words: string): string {
  const [first = ""] = cutWords(words, LONGEST_WORDS).split(/[\r\n]/, 1);
  return first.trim();
}
