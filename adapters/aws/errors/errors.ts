import { cancellation } from "../../../src/async/cancellation.ts";
import { retryAfterMetadata } from "../../../src/async/retry-after.ts";
import { isSlipwayError, SlipwayError, UNSENT } from "../../../src/errors.ts";
import type { JsonObject } from "../../../src/errors.ts";
import { deniedAction } from "./denial.ts";
import { failureOf } from "./failure.ts";
import type { SdkFailure } from "./failure.ts";
import { termsAddress, verdictOf, withoutSide } from "./verdict.ts";

export interface CloudCallContext {
  /** AWS's name for the call, such as `RunInstances`. */
  readonly operation: string;
  /** The subject of the call, such as `subnet subnet-…`. */
  readonly subject: string;
  readonly region: string;
  /** If it is aborted, the error is a cancellation and not a failure of the cloud. */
  readonly signal?: AbortSignal;
}

const DECODE =
  "`aws sts decode-authorization-message` explains metadata.encoded_message, which `-o json` shows.";
const ENCODED = /\s*Encoded authorization failure message:\s*([\w+/=-]+)\s*/;

/**
 * Converts the error of a call to AWS to a `SlipwayError`. The provider's code decides the reason, the remedy and what
 * may be tried next. An error that is already a `SlipwayError` (no credentials for a role) is returned unchanged.
 */
export function cloudError(caught: unknown, context: CloudCallContext): SlipwayError {
  if (context.signal?.aborted === true)
    return cancellation(context.signal, `${context.operation} in ${context.region}`);
  if (isSlipwayError(caught)) return caught;
  const failure = failureOf(caught);
  const verdict = verdictOf(failure);
  const metadata = metadataOf(failure, context);
  const isEncoded = metadata["encoded_message"] !== undefined;
  return new SlipwayError({
    ...verdict,
    remedy: isEncoded ? `${verdict.remedy} ${DECODE}` : verdict.remedy,
    message: messageOf(failure, context),
    metadata,
    cause: caught,
  });
}

/** The provider's error code, such as `InvalidAMIID.NotFound`, without its side. Null if AWS did not answer. */
export function providerCode(caught: unknown): string | null {
  const failure = failureOf(caught);
  return failure.kind === "refusal" ? withoutSide(failure.code) : null;
}

/** True if AWS throttled the call. */
export function isThrottle(caught: unknown): boolean {
  const failure = failureOf(caught);
  return failure.kind === "refusal" && verdictOf(failure).reason === "CLOUD_RATE_LIMITED";
}

/** True if the same call may succeed within seconds. An instance profile takes longer to become known. */
export function isTransient(caught: unknown): boolean {
  if (isSlipwayError(caught)) return false;
  const { reason, retry } = verdictOf(failureOf(caught));
  return retry === "same-token" && reason !== "INSTANCE_PROFILE_NOT_FOUND";
}

/** How long AWS asks the caller to wait, in seconds. Null if it does not say. */
export function retryAfterSeconds(caught: unknown): number | null {
  const failure = failureOf(caught);
  return failure.kind === "refusal" ? failure.retryAfterSeconds : null;
}

/**
 * True if a failed call may have changed machines all the same: after a lost or malformed answer, a time-out, and every
 * status of 500 or more, except for codes with which AWS certainly did nothing.
 */
export function isOutcomeUnknown(caught: unknown): boolean {
  if (isSlipwayError(caught)) return false;
  const failure = failureOf(caught);
  switch (failure.kind) {
    case "no-credentials":
    case "unreachable":
    case "endpoint":
    case "proxy":
      return false;
    case "lost":
    case "foreign":
      return true;
    case "refusal":
      return failure.status >= 500 && verdictOf(failure).reason === "CLOUD_UNAVAILABLE";
  }
}

function messageOf(failure: SdkFailure, context: CloudCallContext): string {
  const doing = `${context.operation} in ${context.region} (${context.subject})`;
  switch (failure.kind) {
    case "no-credentials":
      return `${doing}: there are no credentials for AWS: ${failure.words}`;
    case "proxy":
      return `${doing}: ${failure.failure.message}`;
    case "unreachable":
      return `${doing}: AWS cannot be reached (${failure.words})`;
    case "endpoint":
      return `${doing}: the settings give no address of AWS: ${failure.words}`;
    case "foreign":
      return `${doing}: ${failure.words}`;
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
  if (failure.kind === "proxy") return { ...common, ...failure.failure.verdict.metadata };
  if (failure.kind !== "refusal")
    return {
      ...common,
      ...(failure.kind === "lost" || failure.kind === "foreign" ? {} : UNSENT),
      ...(failure.cause === null ? {} : { cause: failure.cause }),
    };
  const encoded = ENCODED.exec(failure.words)?.[1];
  const action = deniedAction(failure.words);
  const terms = withoutSide(failure.code) === "OptInRequired" ? termsAddress(failure.words) : null;
  return {
    ...common,
    provider_code: failure.code,
    status: failure.status,
    ...(failure.requestId === null ? {} : { request_id: failure.requestId }),
    ...retryAfterMetadata(failure.retryAfterSeconds),
    ...(action === null ? {} : { action }),
    ...(terms === null ? {} : { terms_url: terms }),
    ...(encoded === undefined ? {} : { encoded_message: encoded }),
  };
}
