import { cancellation } from "../../../src/async/cancellation.ts";
import { retryAfterMetadata } from "../../../src/async/retry-after.ts";
import { isSlipwayError, SlipwayError } from "../../../src/errors.ts";
import type { JsonObject } from "../../../src/errors.ts";
import { ERROR_RULES } from "./error-rules.ts";
import type { CloudVerdict } from "./error-rules.ts";
import { failureOf } from "./failure.ts";
import type { SdkFailure, SdkRefusal } from "./failure.ts";

export interface CloudCallContext {
  /** AWS's name for the call, such as `RunInstances`. */
  readonly operation: string;
  /** The subject of the call, such as `subnet subnet-…`. */
  readonly subject: string;
  readonly region: string;
  /** If it is aborted, the error is a cancellation and not a failure of the cloud. */
  readonly signal?: AbortSignal;
}

const VERDICTS: ReadonlyMap<string, CloudVerdict> = new Map(
  ERROR_RULES.flatMap(({ codes, verdict }) => codes.map((code) => [code, verdict] as const)),
);

/** With these reasons AWS did nothing, even if the status is 500 or more. */
const REFUSED_REASONS: ReadonlySet<string> = new Set([
  "CLOUD_RATE_LIMITED",
  "INSUFFICIENT_CAPACITY",
  "SUBNET_FULL",
  "QUOTA_EXCEEDED",
]);

/** Codes of a certificate that is not valid at the time that this machine's clock shows. */
const CLOCK_CERTIFICATES: ReadonlySet<string> = new Set(["CERT_NOT_YET_VALID", "CERT_HAS_EXPIRED"]);

const ENCODED = /\s*Encoded authorization failure message:\s*([\w+/=-]+)\s*/;
const ACTION = /not authorized to perform:\s*([a-z0-9-]+:[A-Za-z]+)/;

/**
 * Converts the error of a call to AWS to a `SlipwayError`. The provider's code decides the reason, the remedy and what
 * may be tried next. An error that is already a `SlipwayError` (no credentials for a role) is returned unchanged.
 */
export function cloudError(caught: unknown, context: CloudCallContext): SlipwayError {
  if (context.signal?.aborted === true)
    return cancellation(context.signal, `${context.operation} in ${context.region}`);
  if (isSlipwayError(caught)) return caught;
  const failure = failureOf(caught);
  return new SlipwayError({
    ...verdictOf(failure),
    message: messageOf(failure, context),
    metadata: metadataOf(failure, context),
    cause: caught,
  });
}

/** The provider's error code, such as `InvalidAMIID.NotFound`. Null if AWS did not answer. */
export function providerCode(caught: unknown): string | null {
  const failure = failureOf(caught);
  return failure.kind === "refusal" ? failure.code : null;
}

/** True if AWS throttled the call. */
export function isThrottle(caught: unknown): boolean {
  const failure = failureOf(caught);
  return failure.kind === "refusal" && verdictOf(failure).reason === "CLOUD_RATE_LIMITED";
}

/** True if the same call may succeed a little later. */
export function isTransient(caught: unknown): boolean {
  return !isSlipwayError(caught) && verdictOf(failureOf(caught)).retry === "same-token";
}

/** How long AWS asks the caller to wait, in seconds. Null if it does not say. */
export function retryAfterSeconds(caught: unknown): number | null {
  const failure = failureOf(caught);
  return failure.kind === "refusal" ? failure.retryAfterSeconds : null;
}

/**
 * True if a failed call may have changed machines all the same: after a lost or malformed answer, a time-out, and every
 * status of 500 or more, except for reasons with which AWS certainly did nothing.
 */
export function isOutcomeUnknown(caught: unknown): boolean {
  if (isSlipwayError(caught)) return false;
  const failure = failureOf(caught);
  switch (failure.kind) {
    case "no-credentials":
    case "unreachable":
      return false;
    case "lost":
      return true;
    case "refusal":
      return failure.status >= 500 && !REFUSED_REASONS.has(verdictOf(failure).reason);
  }
}

function verdictOf(failure: SdkFailure): CloudVerdict {
  switch (failure.kind) {
    case "no-credentials":
      return NO_CREDENTIALS;
    case "unreachable":
      return CLOCK_CERTIFICATES.has(failure.cause ?? "") ? WRONG_TIME : UNREACHABLE;
    case "lost":
      return UNKNOWN_FAILURE;
    case "refusal":
      if (failure.code === "InvalidParameterValue" && isAboutProfile(failure.words))
        return UNKNOWN_PROFILE;
      return refusalVerdict(failure);
  }
}

function refusalVerdict({ code, status, hasWrongClock }: SdkRefusal): CloudVerdict {
  const verdict = VERDICTS.get(code) ?? (status >= 500 ? UNKNOWN_FAILURE : UNKNOWN_REFUSAL);
  return hasWrongClock && verdict.reason === "CLOUD_UNAUTHENTICATED" ? WRONG_CLOCK : verdict;
}

function isAboutProfile(words: string): boolean {
  return words.includes("Invalid IAM Instance Profile");
}

function messageOf(failure: SdkFailure, context: CloudCallContext): string {
  const doing = `${context.operation} in ${context.region} (${context.subject})`;
  switch (failure.kind) {
    case "no-credentials":
      return `${doing}: there are no credentials for AWS: ${failure.words}`;
    case "unreachable":
      return `${doing}: AWS cannot be reached (${failure.words})`;
    case "lost":
      return `${doing}: no complete answer arrived (${failure.words})`;
    case "refusal": {
      const words = failure.words.replace(ENCODED, " ").trim();
      return `${doing}: ${failure.code}${words === "" ? "" : `: ${words}`}`;
    }
  }
}

function metadataOf(failure: SdkFailure, context: CloudCallContext): JsonObject {
  const common = { operation: context.operation, region: context.region };
  if (failure.kind !== "refusal")
    return failure.cause === null ? common : { ...common, cause: failure.cause };
  const encoded = ENCODED.exec(failure.words)?.[1];
  const action = ACTION.exec(failure.words)?.[1];
  return {
    ...common,
    provider_code: failure.code,
    status: failure.status,
    ...(failure.requestId === null ? {} : { request_id: failure.requestId }),
    ...retryAfterMetadata(failure.retryAfterSeconds),
    ...(action === undefined ? {} : { action }),
    ...(encoded === undefined ? {} : { encoded_message: encoded }),
  };
}

/** For a code that has no rule, with a status below 500. The failure is permanent; the metadata keeps the code. */
const UNKNOWN_REFUSAL: CloudVerdict = {
  code: "FAILED_PRECONDITION",
  reason: "CLOUD_REQUEST_REFUSED",
  remedy: "Look up the code in EC2's list of error codes.",
  blastRadius: "request",
  retry: "never",
};

/** For a code that has no rule, with a status of 500 or more; an unreadable answer; and a broken connection. */
const UNKNOWN_FAILURE: CloudVerdict = {
  code: "UNAVAILABLE",
  reason: "CLOUD_UNAVAILABLE",
  remedy: "Try again.",
  blastRadius: "region",
  retry: "same-token",
};

/** EC2 has no separate code for a profile that does not exist, or that is so new that EC2 does not know it yet. */
const UNKNOWN_PROFILE: CloudVerdict = {
  code: "FAILED_PRECONDITION",
  reason: "INSTANCE_PROFILE_NOT_FOUND",
  remedy:
    "Check instance_profile_arn of the placement. EC2 may need a minute to recognise a new profile.",
  blastRadius: "account",
  retry: "same-token",
};

export const NO_CREDENTIALS: CloudVerdict = {
  code: "UNAUTHENTICATED",
  reason: "CLOUD_UNAUTHENTICATED",
  remedy:
    "Log in, set AWS_PROFILE to a working profile, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
  blastRadius: "credential",
  retry: "never",
};

const UNREACHABLE: CloudVerdict = {
  code: "UNAVAILABLE",
  reason: "CLOUD_UNAVAILABLE",
  remedy: "Check the network, the placement's region, and AWS_ENDPOINT_URL if it is set.",
  blastRadius: "region",
  retry: "same-token",
};

/** The client has already repeated the call with the corrected time. */
const WRONG_CLOCK: CloudVerdict = {
  ...NO_CREDENTIALS,
  remedy:
    "Correct this machine's clock: it differs from AWS's by more than four minutes. Then check the credentials.",
};

const WRONG_TIME: CloudVerdict = {
  ...UNREACHABLE,
  remedy:
    "Check this machine's clock: at the time that it shows, the certificate of the address is not valid.",
};
