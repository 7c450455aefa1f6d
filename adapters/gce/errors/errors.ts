import { retryAfterMetadata } from "../../../src/async/retry-after.ts";
import { isSlipwayError, SlipwayError, UNSENT } from "../../../src/errors.ts";
import type { JsonObject } from "../../../src/errors.ts";
import { proxyFailureIn } from "../../../src/proxy/proxy-failure.ts";
import { cutWords } from "../../../src/redaction/cut.ts";
import { withConstraint } from "./constraints.ts";
import { GCE_RULES, GCE_STATUS_RULES, REFUSED, UNANSWERED } from "./error-rules.ts";
import type { GceRule, GceVerdict } from "./error-rules.ts";
import { GceCallFailure } from "./failure.ts";
import { quotaIn, quotaMetadata, quotaVerdict } from "./quota.ts";
import type { ExceededQuota } from "./quota.ts";

export interface GceCallContext {
  /** The operation with its names: `reading image projects/…`. */
  readonly doing: string;
  /** The meaning of a 404 here, if it is more specific than "not found". */
  readonly notFound?: Partial<GceVerdict>;
}

const RULES: ReadonlyMap<string, GceRule> = new Map(
  GCE_RULES.flatMap((rule) => rule.codes.map((code) => [code, rule] as const)),
);

/**
 * Turns a failed call into a `SlipwayError` with code, reason, remedy and retry verdict, from the reply's reasons,
 * otherwise from its status; never from loose words of its message.
 */
export function gceError(caught: unknown, context: GceCallContext): SlipwayError {
  if (isSlipwayError(caught)) return caught;
  const { doing, notFound = {} } = context;
  if (!(caught instanceof GceCallFailure))
    return new SlipwayError({
      code: "INTERNAL",
      reason: "INTERNAL",
      message: `${doing}: ${caught instanceof Error ? caught.message : String(caught)}`,
      remedy: "This is a bug in Slipway: please report it with the command that caused it.",
      cause: caught,
    });
  const earlier = credentialError(caught);
  if (earlier !== null) return earlier;
  const { outcome } = caught;
  const proxy = proxyFailureIn(caught);
  if (proxy !== null)
    return new SlipwayError({ ...proxy.verdict, message: `${doing}: ${proxy.message}` });
  return new SlipwayError({
    ...(outcome === "refused" ? refusalVerdict(caught) : UNANSWERED[outcome]),
    ...(isAboutTime(caught) ? WRONG_TIME : {}),
    ...(isNotFound(caught) ? notFound : {}),
    message: `${doing}: ${WORDS[outcome]}${caught.message}`,
    metadata: { ...metadataOf(caught), ...(outcome === "unreachable" ? UNSENT : {}) },
    cause: caught,
  });
}

/** Codes of a certificate that is not valid at the time that this machine's clock shows. */
const CLOCK_CERTIFICATES: ReadonlySet<unknown> = new Set([
  "CERT_NOT_YET_VALID",
  "CERT_HAS_EXPIRED",
]);

const WRONG_TIME = {
  remedy:
    "Check this machine's clock: at the time that it shows, the certificate of the address is not valid.",
} as const;

function isAboutTime({ cause }: GceCallFailure): boolean {
  return cause instanceof Error && "code" in cause && CLOCK_CERTIFICATES.has(cause.code);
}

export interface FailedOperation {
  readonly error: readonly OperationError[];
  /** The HTTP status of the error; null if the operation has none. */
  readonly httpErrorStatusCode: number | null;
}

export interface OperationError {
  readonly code: string;
  readonly message: string;
  /** More about the error: reasons of its details, and the message for people. */
  readonly reasons?: readonly string[];
  readonly localizedMessage?: string | null;
  readonly quota?: ExceededQuota | null;
}

/**
 * Turns an error inside an accepted operation into a `SlipwayError`. The first known code decides. Compute Engine had
 * accepted the caller, so the refusal concerns this request: the same id returns the same failure.
 */
export function operationError(operation: FailedOperation, doing: string): SlipwayError {
  const { error: errors, httpErrorStatusCode: status } = operation;
  const codes = errors.flatMap(({ code, reasons = [] }) => [...reasons, code]);
  const said = errors.map(wordsOf).join("; ");
  const failure = { codes, status };
  const own = withConstraint(verdictOf(failure), said);
  const quota = errors.find((one) => one.quota)?.quota ?? exceededQuota(own, said);
  const verdict = { ...own, ...quotaVerdict(quota) };
  return new SlipwayError({
    ...verdict,
    blastRadius: verdict.blastRadius === "credential" ? "request" : verdict.blastRadius,
    message: `${doing}: ${cutWords(said.replaceAll(/\s+/g, " "), LONGEST_MESSAGE) || "the operation failed"}`,
    metadata: {
      ...metadataOf({ ...failure, help: [], retryAfterSeconds: null }),
      ...quotaMetadata(quota),
    },
  });
}

function wordsOf({ code, message, localizedMessage }: OperationError): string {
  const more =
    localizedMessage == null || localizedMessage === "" || localizedMessage === message
      ? ""
      : ` ${localizedMessage}`;
  return `${message || "no message"}${more} (${code})`;
}

/**
 * Whether a changing call may have taken effect despite its error: the reply was lost, or the server failed after it
 * had the request. A reply whose code says what was refused is final, whatever its status.
 */
export function mayHaveHappened(caught: unknown): boolean {
  if (!(caught instanceof GceCallFailure)) return false;
  const { outcome, status } = caught;
  if (outcome === "lost") return true;
  const isServers = status !== null && (status >= 500 || status === 408 || status === 499);
  return isServers && (decidingRule(caught)?.verdict.retry ?? "same-token") === "same-token";
}

/** Whether a reply says that too many requests were made. */
export function isThrottle(failure: GceCallFailure): boolean {
  return failure.outcome === "refused" && verdictOf(failure).reason === "CLOUD_RATE_LIMITED";
}

/** Whether the same call may succeed after a reply that refused it. */
export function isPassing(failure: GceCallFailure): boolean {
  return failure.outcome === "refused" && verdictOf(failure).retry === "same-token";
}

/** True for a reply with this status. */
export function hasStatus(caught: unknown, status: number): boolean {
  return caught instanceof GceCallFailure && caught.status === status;
}

const LONGEST_MESSAGE = 2_000;

const WORDS: Readonly<Record<GceCallFailure["outcome"], string>> = {
  refused: "",
  lost: "Compute Engine's reply cannot be read: ",
  unreachable: "Compute Engine cannot be reached: ",
  credential: "there is no access token for Compute Engine: ",
};

/** A `SlipwayError` about the credentials' configuration is more precise than any error made here. */
function credentialError({ cause }: GceCallFailure): SlipwayError | null {
  const within = cause instanceof Error ? cause.cause : null;
  return isSlipwayError(within) ? within : null;
}

/** The quota that the words of an exceeded one name. */
function exceededQuota({ reason }: GceVerdict, said: string): ExceededQuota | null {
  return reason === "QUOTA_EXCEEDED" ? quotaIn(said) : null;
}

function refusalVerdict(failure: GceCallFailure): GceVerdict {
  const own = withConstraint(verdictOf(failure), failure.message);
  const verdict = { ...own, ...quotaVerdict(exceededQuota(own, failure.message)) };
  const [page] = failure.help;
  if (page === undefined || verdict.blastRadius !== "account") return verdict;
  return { ...verdict, remedy: `${verdict.remedy.replace(/\.$/, "")} (${page}).` };
}

function verdictOf(failure: Pick<GceCallFailure, "codes" | "status">): GceVerdict {
  const { status } = failure;
  const known = decidingRule(failure);
  if (known !== undefined) return known.verdict;
  const rule = GCE_STATUS_RULES.find(
    ({ from, to }) => status !== null && status >= from && status <= to,
  );
  return rule?.verdict ?? REFUSED;
}

function decidingRule(failure: Pick<GceCallFailure, "codes" | "status">): GceRule | undefined {
  return RULES.get(decidingCode(failure) ?? "");
}

/** The first code that has a rule for this status; a summary only if there is no other. */
function decidingCode({
  codes,
  status,
}: Pick<GceCallFailure, "codes" | "status">): string | undefined {
  const known = codes.filter((code) => {
    const rule = RULES.get(code);
    return rule !== undefined && !rule.exceptWith?.includes(status ?? 0);
  });
  return known.find((code) => RULES.get(code)?.isSummary !== true) ?? known[0];
}

export function isNotFound({ status, codes }: GceCallFailure): boolean {
  return status === 404 || codes.includes("RESOURCE_NOT_FOUND");
}

function metadataOf({
  status,
  codes,
  help,
  retryAfterSeconds,
}: Pick<GceCallFailure, "status" | "codes" | "help" | "retryAfterSeconds">): JsonObject {
  const decided = decidingCode({ codes, status }) ?? codes[0];
  return {
    ...(status === null ? {} : { status }),
    ...(decided === undefined ? {} : { provider_code: decided }),
    ...(help.length === 0 ? {} : { help: [...help] }),
    ...retryAfterMetadata(retryAfterSeconds),
  };
}
