import { retryAfterMetadata } from "../../../src/async/retry-after.ts";
import { isSlipwayError, SlipwayError } from "../../../src/errors.ts";
import type { JsonObject } from "../../../src/errors.ts";
import { cutWords } from "../../../src/redaction/cut.ts";
import { GCE_RULES, GCE_STATUS_RULES, REFUSED, UNANSWERED } from "./error-rules.ts";
import type { GceVerdict } from "./error-rules.ts";
import { GceCallFailure } from "./failure.ts";

export interface GceCallContext {
  /** The operation with its names: `reading image projects/…`. */
  readonly doing: string;
  /** The meaning of a 404 here, if it is more specific than "not found". */
  readonly notFound?: Partial<GceVerdict>;
}

const VERDICTS: ReadonlyMap<string, GceVerdict> = new Map(
  GCE_RULES.flatMap(({ codes, verdict }) => codes.map((code) => [code, verdict] as const)),
);

/**
 * Turns a failed call into a `SlipwayError` with code, reason, remedy and retry verdict, from the reply's reasons,
 * otherwise from its status; never from its message.
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
  return new SlipwayError({
    ...(outcome === "refused" ? verdictOf(caught) : UNANSWERED[outcome]),
    ...(isNotFound(caught) ? notFound : {}),
    message: `${doing}: ${WORDS[outcome]}${caught.message}`,
    metadata: metadataOf(caught),
  });
}

export interface FailedOperation {
  readonly error: readonly { readonly code: string; readonly message: string }[];
  /** The HTTP status of the error; null if the operation has none. */
  readonly httpErrorStatusCode: number | null;
}

/**
 * Turns an error inside an accepted operation into a `SlipwayError`. The first known code decides. Compute Engine had
 * accepted the caller, so the refusal concerns this request: the same id returns the same failure.
 */
export function operationError(operation: FailedOperation, doing: string): SlipwayError {
  const { error: errors, httpErrorStatusCode: status } = operation;
  const codes = errors.map(({ code }) => code);
  const said = errors.map(({ code, message }) => `${message || "no message"} (${code})`).join("; ");
  const verdict = verdictOf({ codes, status });
  return new SlipwayError({
    ...verdict,
    blastRadius: verdict.blastRadius === "credential" ? "request" : verdict.blastRadius,
    message: `${doing}: ${cutWords(said.replaceAll(/\s+/g, " "), LONGEST_MESSAGE) || "the operation failed"}`,
    metadata: metadataOf({ status, codes, retryAfterSeconds: null }),
  });
}

/**
 * Whether a changing call may have taken effect despite its error: the reply was lost, or the server failed after it
 * had the request.
 */
export function mayHaveHappened(caught: unknown): boolean {
  if (!(caught instanceof GceCallFailure)) return false;
  const { outcome, status } = caught;
  return outcome === "lost" || (status !== null && (status >= 500 || status === 408));
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

function verdictOf({ codes, status }: Pick<GceCallFailure, "codes" | "status">): GceVerdict {
  const known = codes.map((code) => VERDICTS.get(code)).find((verdict) => verdict !== undefined);
  if (known !== undefined) return known;
  const rule = GCE_STATUS_RULES.find(
    ({ from, to }) => status !== null && status >= from && status <= to,
  );
  return rule?.verdict ?? REFUSED;
}

function isNotFound({ status, codes }: GceCallFailure): boolean {
  return status === 404 || codes.includes("RESOURCE_NOT_FOUND");
}

function metadataOf({
  status,
  codes,
  retryAfterSeconds,
}: Pick<GceCallFailure, "status" | "codes" | "retryAfterSeconds">): JsonObject {
  const decided = codes.find((code) => VERDICTS.has(code)) ?? codes[0];
  return {
    ...(status === null ? {} : { status }),
    ...(decided === undefined ? {} : { provider_code: decided }),
    ...retryAfterMetadata(retryAfterSeconds),
  };
}
