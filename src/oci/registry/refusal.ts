import { retryAfterMetadata, retryAfterSeconds } from "../../async/retry-after.ts";
import type { JsonObject, SlipwayError } from "../../errors.ts";
import { readErrorDocument, readUnexpectedBody, type Refusal } from "./error-document.ts";
import {
  invalidName,
  notAuthenticated,
  notFound,
  notPermitted,
  overloaded,
  protocolFault,
  rateLimited,
  refused,
  said,
  type Answer,
  type Subject,
} from "./failures.ts";
import type { HttpResponse } from "./transport.ts";

export interface RefusedRequest {
  readonly subject: Subject;
  /** Where the request was sent first: `https://registry.example:5000`. A redirect may have led elsewhere. */
  readonly origin: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export interface ReadAnswer {
  readonly refusal: Refusal;
  readonly answer: Answer;
}

type Meaning =
  | "rate-limited"
  | "unauthenticated"
  | "denied"
  | "missing"
  | "invalid-name"
  | "unavailable"
  | "refused";

/** The statuses that have one meaning in HTTP, whatever the body says. */
const STATUSES: ReadonlyMap<number, Meaning> = new Map([
  [401, "unauthenticated"],
  [403, "denied"],
  [404, "missing"],
  [408, "unavailable"],
  [410, "missing"],
  [425, "unavailable"],
  [429, "rate-limited"],
  [451, "refused"],
  [501, "refused"],
]);
/** Statuses that only a registry sends: no proxy asks for payment or obeys a court. */
const REFUSING: ReadonlySet<number> = new Set([402, 451]);
/** The codes of the distribution specification and of OAuth2, for statuses that say less, such as 400. */
const CODES: ReadonlyMap<string, Meaning> = new Map([
  ["UNAUTHORIZED", "unauthenticated"],
  ["DENIED", "denied"],
  ["NAME_UNKNOWN", "missing"],
  ["MANIFEST_UNKNOWN", "missing"],
  ["BLOB_UNKNOWN", "missing"],
  ["NAME_INVALID", "invalid-name"],
  ["TAG_INVALID", "invalid-name"],
  ["DIGEST_INVALID", "invalid-name"],
  ["UNAVAILABLE", "unavailable"],
  ["INVALID_TOKEN", "unauthenticated"],
  ["INVALID_CLIENT", "unauthenticated"],
  ["INVALID_GRANT", "unauthenticated"],
  ["ACCESS_DENIED", "denied"],
  ["INSUFFICIENT_SCOPE", "denied"],
  ["SERVER_ERROR", "unavailable"],
  ["TEMPORARILY_UNAVAILABLE", "unavailable"],
]);

/** The meaning of a registry's failure response, from its status, headers and error codes, with the registry's words. */
export async function readRefusal(
  response: HttpResponse,
  request: RefusedRequest,
): Promise<SlipwayError> {
  return refusalError(request.subject, await readAnswer(response, request));
}

/**
 * The error that the body of a successful response holds, if it is an error document, a web page or a sentence; null for
 * any other body.
 *
 * @param tokenService its host, if a token service sent the response
 */
export function readHiddenRefusal(
  body: Uint8Array,
  response: HttpResponse,
  request: RefusedRequest & { readonly tokenService?: string },
): SlipwayError | null {
  const { subject, tokenService } = request;
  const refusal = readUnexpectedBody(body, response, subject.redactor);
  if (refusal.form === "page" || refusal.form === "text")
    return notJson(subject, refusal, tokenService);
  if (refusal.form !== "document") return null;
  const answer = answerOf(response, refusal, request);
  return refusalError(subject, { refusal, answer }, tokenService);
}

/** The error of what a response says, which a registry or one of its token services sent. */
function refusalError(
  subject: Subject,
  { refusal, answer }: ReadAnswer,
  tokenService?: string,
): SlipwayError {
  const service = tokenService === undefined ? {} : { tokenService };
  switch (meaningOf(answer.status, refusal)) {
    case "rate-limited":
      return rateLimited(subject, answer);
    case "unauthenticated":
      // The token service has taken the credential, and granted it less than the registry asks for (RFC 6750, 3.1).
      return subject.credential !== null && hasCode(refusal, "INSUFFICIENT_SCOPE")
        ? notPermitted(subject, answer)
        : notAuthenticated(subject, { answer, ...service });
    case "denied":
      return answer.from === null ? notPermitted(subject, answer) : refused(subject, answer);
    case "missing":
      return notFound(subject, answer);
    case "invalid-name":
      return invalidName(subject, answer);
    case "unavailable":
      return overloaded(subject, answer);
    case "refused":
      // Without an error document, the response may come from a proxy or a web server.
      return refusal.form === "document" || answer.from !== null || REFUSING.has(answer.status)
        ? refused(subject, answer, tokenService)
        : protocolFault(subject, said(answer), { answer });
  }
}

function notJson(
  subject: Subject,
  { form, entries }: Refusal,
  tokenService?: string,
): SlipwayError {
  const said = entries.flatMap(({ message }) => message ?? []).join("; ");
  const words = said === "" ? "" : `: ${said}`;
  const [who, what] =
    tokenService === undefined
      ? ["it", `a ${subject.kind}`]
      : [`its token service ${tokenService}`, "a token"];
  return protocolFault(
    subject,
    `${who} sent ${form === "page" ? "a web page" : "a text"} instead of ${what}${words}`,
  );
}

/** Reads what an unsuccessful response says, without deciding what it means. */
export async function readAnswer(
  response: HttpResponse,
  { subject, origin, now }: RefusedRequest,
): Promise<ReadAnswer> {
  const refusal = await readErrorDocument(response, subject.redactor);
  return { refusal, answer: answerOf(response, refusal, { origin, now }) };
}

/**
 * Amazon ECR's answer to an expired token, which it sends with 403 and `DENIED`, as it does for a missing permission:
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/common-errors-docker.html
 */
const EXPIRED_TOKEN = /^Your authorization token has expired\. /i;

/** The meaning of a status and its error codes. */
export function meaningOf(status: number, { entries }: Refusal): Meaning {
  if (entries.some(({ message = "" }) => EXPIRED_TOKEN.test(message))) return "unauthenticated";
  const codes = codesOf(entries);
  if (codes.includes("TOOMANYREQUESTS")) return "rate-limited";
  const known = STATUSES.get(status) ?? (status >= 500 ? "unavailable" : undefined);
  return (
    known ?? codes.map((code) => CODES.get(code)).find((one) => one !== undefined) ?? "refused"
  );
}

function hasCode({ entries }: Refusal, code: string): boolean {
  return codesOf(entries).includes(code);
}

/** OAuth2 writes its codes in lower case. */
function codesOf(entries: Refusal["entries"]): readonly string[] {
  return entries.map(({ code = "" }) => code.toUpperCase());
}

function answerOf(
  response: HttpResponse,
  { entries }: Refusal,
  request: { readonly origin: string; readonly now: number },
): Answer {
  const { status, headers } = response;
  const from = response.origin === request.origin ? null : new URL(response.origin).host;
  return {
    status,
    entries,
    from,
    metadata: {
      status,
      ...(entries.length === 0 ? {} : { errors: entries }),
      ...(from === null ? {} : { host: from }),
      ...rateLimits(headers, request.now),
    },
  };
}

/** Parses `Retry-After` (seconds or a date) and the remaining quota (`ratelimit-remaining: 0;w=21600`). */
function rateLimits(headers: ReadonlyMap<string, string>, now: number): JsonObject {
  const remaining = /^\s*(\d{1,9})/.exec(headers.get("ratelimit-remaining") ?? "")?.[1];
  return {
    ...(remaining === undefined ? {} : { rate_limit_remaining: Number(remaining) }),
    ...retryAfterMetadata(retryAfterSeconds(headers.get("retry-after"), now)),
  };
}
