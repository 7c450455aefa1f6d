import type { SlipwayErrorOptions } from "../../../src/errors.ts";

/** The meaning of a Compute Engine error, without its message. */
export type GceVerdict = Required<
  Pick<SlipwayErrorOptions, "code" | "reason" | "remedy" | "blastRadius" | "retry">
>;

export interface GceRule {
  /** `errors[].reason` and `details[].reason` of a reply, or `error.errors[].code` of an operation. */
  readonly codes: readonly string[];
  readonly verdict: GceVerdict;
}

export interface GceStatusRule {
  /** First and last HTTP status. */
  readonly from: number;
  readonly to: number;
  readonly verdict: GceVerdict;
}

const RATE_LIMITED: GceVerdict = {
  code: "RESOURCE_EXHAUSTED",
  reason: "CLOUD_RATE_LIMITED",
  remedy: "Wait a minute: the project's requests per minute are used up.",
  blastRadius: "account",
  retry: "same-token",
};

const UNAVAILABLE: GceVerdict = {
  code: "UNAVAILABLE",
  reason: "CLOUD_UNAVAILABLE",
  remedy: "Try again: Compute Engine failed on its side. See https://status.cloud.google.com.",
  blastRadius: "region",
  retry: "same-token",
};

const UNAUTHENTICATED: GceVerdict = {
  code: "UNAUTHENTICATED",
  reason: "CLOUD_UNAUTHENTICATED",
  remedy:
    "Sign in with `gcloud auth application-default login`, or renew the token in CLOUDSDK_AUTH_ACCESS_TOKEN.",
  blastRadius: "credential",
  retry: "never",
};

const FORBIDDEN: GceVerdict = {
  code: "PERMISSION_DENIED",
  reason: "CLOUD_PERMISSION_DENIED",
  remedy: "Grant the caller the permission that the message names, in the project it names.",
  blastRadius: "credential",
  retry: "never",
};

const NOT_FOUND: GceVerdict = {
  code: "NOT_FOUND",
  reason: "CLOUD_REQUEST_REFUSED",
  remedy: "Correct the name in the message, or create that resource.",
  blastRadius: "request",
  retry: "never",
};

const ALREADY_EXISTS: GceVerdict = {
  code: "ALREADY_EXISTS",
  reason: "NAME_CLASH",
  remedy: "Delete or rename the resource with this name.",
  blastRadius: "request",
  retry: "never",
};

/** A failed precondition, or a request that the API rejects. */
export const REFUSED: GceVerdict = {
  code: "FAILED_PRECONDITION",
  reason: "CLOUD_REQUEST_REFUSED",
  remedy: "Fix the problem in the message, then resolve again.",
  blastRadius: "request",
  retry: "never",
};

/**
 * The API's names for failures: replies use camel case, operations and error details upper snake case.
 * https://cloud.google.com/compute/docs/troubleshooting/troubleshooting-vm-creation
 */
export const GCE_RULES: readonly GceRule[] = [
  {
    codes: [
      "ZONE_RESOURCE_POOL_EXHAUSTED",
      "ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS",
      "RESOURCE_POOL_EXHAUSTED",
      "INSUFFICIENT_CAPACITY",
    ],
    verdict: {
      code: "RESOURCE_EXHAUSTED",
      reason: "INSUFFICIENT_CAPACITY",
      remedy: "Try again later, or give the placement more zones or the workspace another type.",
      blastRadius: "type-in-zone",
      retry: "next-candidate",
    },
  },
  {
    codes: ["QUOTA_EXCEEDED", "quotaExceeded"],
    verdict: {
      code: "RESOURCE_EXHAUSTED",
      reason: "QUOTA_EXCEEDED",
      remedy:
        "Terminate machines in this region, or ask for a higher quota: another zone of the region has the same.",
      blastRadius: "region",
      retry: "never",
    },
  },
  {
    codes: [
      "RESOURCE_OPERATION_RATE_EXCEEDED",
      "RATE_LIMIT_EXCEEDED",
      "rateLimitExceeded",
      "userRateLimitExceeded",
    ],
    verdict: RATE_LIMITED,
  },
  {
    codes: ["RESOURCE_NOT_READY", "resourceNotReady"],
    verdict: {
      code: "UNAVAILABLE",
      reason: "CLOUD_UNAVAILABLE",
      remedy: "Wait until the resource that the message names is ready.",
      blastRadius: "request",
      retry: "same-token",
    },
  },
  {
    codes: ["UNSUPPORTED_OPERATION"],
    verdict: {
      code: "FAILED_PRECONDITION",
      reason: "NOT_OFFERED_HERE",
      remedy: "Give the placement zones that offer this machine and disk type together.",
      blastRadius: "type-in-zone",
      retry: "next-candidate",
    },
  },
  {
    codes: ["IP_SPACE_EXHAUSTED", "IP_SPACE_EXHAUSTED_WITH_DETAILS"],
    verdict: {
      code: "RESOURCE_EXHAUSTED",
      reason: "SUBNET_FULL",
      remedy: "Expand the subnet's range, or name another subnet in the placement.",
      blastRadius: "region",
      retry: "never",
    },
  },
  { codes: ["RESOURCE_NOT_FOUND", "notFound"], verdict: NOT_FOUND },
  {
    codes: [
      "forbidden",
      "insufficientPermissions",
      "PERMISSIONS_ERROR",
      "IAM_PERMISSION_DENIED",
      "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
    ],
    verdict: FORBIDDEN,
  },
  {
    codes: ["accessNotConfigured", "SERVICE_DISABLED"],
    verdict: {
      ...FORBIDDEN,
      remedy: "Enable the Compute Engine API in the project: `gcloud services enable compute`.",
      blastRadius: "account",
    },
  },
  {
    codes: ["billingNotEnabled", "BILLING_DISABLED"],
    verdict: {
      ...FORBIDDEN,
      remedy: "Enable billing in the project that the message names.",
      blastRadius: "account",
    },
  },
  { codes: ["authError", "ACCESS_TOKEN_EXPIRED"], verdict: UNAUTHENTICATED },
  { codes: ["CONDITION_NOT_MET", "conditionNotMet"], verdict: REFUSED },
  { codes: ["RESOURCE_ALREADY_EXISTS", "alreadyExists"], verdict: ALREADY_EXISTS },
  { codes: ["INTERNAL_ERROR", "internalError", "backendError"], verdict: UNAVAILABLE },
];

/** For replies without a known reason. The first match decides. */
export const GCE_STATUS_RULES: readonly GceStatusRule[] = [
  { from: 401, to: 401, verdict: UNAUTHENTICATED },
  { from: 403, to: 403, verdict: FORBIDDEN },
  { from: 404, to: 404, verdict: NOT_FOUND },
  { from: 408, to: 408, verdict: UNAVAILABLE },
  { from: 409, to: 409, verdict: ALREADY_EXISTS },
  { from: 429, to: 429, verdict: RATE_LIMITED },
  { from: 400, to: 499, verdict: REFUSED },
  { from: 500, to: 599, verdict: UNAVAILABLE },
];

/** For calls without a reply. */
export const UNANSWERED = {
  lost: {
    ...UNAVAILABLE,
    remedy: "Check the network between here and Compute Engine, then try again.",
  },
  unreachable: {
    ...UNAVAILABLE,
    remedy:
      "Check the network, and CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE if it is set, then try again.",
    blastRadius: "account",
  },
  credential: UNAUTHENTICATED,
} as const satisfies Readonly<Record<string, GceVerdict>>;
