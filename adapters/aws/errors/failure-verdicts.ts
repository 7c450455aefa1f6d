import type { CloudVerdict } from "./error-rules.ts";

/** A code that is in no rule, with a status under 500: kept whole, and permanent. */
export const UNKNOWN_REFUSAL: CloudVerdict = {
  code: "FAILED_PRECONDITION",
  reason: "CLOUD_REQUEST_REFUSED",
  remedy: "Look up the code in EC2's list of error codes.",
  blastRadius: "request",
  retry: "never",
};

/** The same with a status of 500 or more, an answer that cannot be read, and a connection that broke off. */
export const UNKNOWN_FAILURE: CloudVerdict = {
  code: "UNAVAILABLE",
  reason: "CLOUD_UNAVAILABLE",
  remedy: "Try again.",
  blastRadius: "region",
  retry: "same-token",
};

/** EC2 has no code of its own for it: a profile that is not there, or one so new that EC2 does not know it yet. */
export const UNKNOWN_PROFILE: CloudVerdict = {
  code: "FAILED_PRECONDITION",
  reason: "INSTANCE_PROFILE_NOT_FOUND",
  remedy:
    "Check instance_profile_arn of the placement; a profile made a moment ago takes a minute.",
  blastRadius: "account",
  retry: "same-token",
};

export const NO_CREDENTIALS: CloudVerdict = {
  code: "UNAUTHENTICATED",
  reason: "CLOUD_UNAUTHENTICATED",
  remedy: "Set AWS_PROFILE to a profile that works, or AWS_ACCESS_KEY_ID and its secret; log in.",
  blastRadius: "credential",
  retry: "never",
};

export const UNREACHABLE: CloudVerdict = {
  code: "UNAVAILABLE",
  reason: "CLOUD_UNAVAILABLE",
  remedy: "Check the network, the placement's region, and AWS_ENDPOINT_URL where it is set.",
  blastRadius: "region",
  retry: "same-token",
};
