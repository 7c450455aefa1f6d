import type { SlipwayErrorOptions } from "../../../src/errors.ts";

/** The meaning of a Compute Engine error, without its message. */
export type GceVerdict = Required<
  Pick<SlipwayErrorOptions, "code" | "reason" | "remedy" | "blastRadius" | "retry">
>;

export interface GceRule {
  /** `errors[].reason` and `details[].reason` of a reply, or `error.errors[].code` of an operation. */
  readonly codes: readonly string[];
  /** Statuses with which Compute Engine means something else by these codes. */
  readonly exceptWith?: readonly number[];
  /** The codes sum up others: they decide only if no other code is known. */
  readonly isSummary?: boolean;
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
    "Correct the credentials as the message says: sign in with `gcloud auth application-default login`, or renew the token in CLOUDSDK_AUTH_ACCESS_TOKEN.",
  blastRadius: "credential",
  retry: "never",
};

/** A refusal of which only the message says why. */
export const FORBIDDEN: GceVerdict = {
  code: "PERMISSION_DENIED",
  reason: "CLOUD_PERMISSION_DENIED",
  remedy:
    "Grant the caller the permission that the message names, in the project it names. Where it names none, follow the message.",
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

/** Another request is changing the same resource. */
const CONFLICT: GceVerdict = {
  code: "ABORTED",
  reason: "CLOUD_REQUEST_REFUSED",
  remedy: "Wait until the other change that the message names is done, then try again.",
  blastRadius: "request",
  retry: "never",
};

/**
 * A failed precondition, or a request that the API rejects. It may be wrong for one machine type only: a policy can deny
 * accelerators, and a series has settings of its own.
 */
export const REFUSED: GceVerdict = {
  code: "FAILED_PRECONDITION",
  reason: "CLOUD_REQUEST_REFUSED",
  remedy: "Fix the problem in the message, then resolve again.",
  blastRadius: "type-in-market",
  retry: "next-candidate",
};

const NO_ROOM: GceVerdict = {
  code: "RESOURCE_EXHAUSTED",
  reason: "INSUFFICIENT_CAPACITY",
  remedy: "Try again later, or give the placement more zones or the workspace another type.",
  blastRadius: "type-in-zone",
  retry: "next-candidate",
};

/** Unlike a lack of room, this does not pass with time. */
const NOT_HERE: GceVerdict = {
  code: "FAILED_PRECONDITION",
  reason: "NOT_OFFERED_HERE",
  remedy:
    "Name another machine type or disk type, or give the placement zones that offer both together.",
  blastRadius: "type-in-zone",
  retry: "next-candidate",
};

const QUOTA_EXCEEDED: GceVerdict = {
  code: "RESOURCE_EXHAUSTED",
  reason: "QUOTA_EXCEEDED",
  remedy:
    "Terminate machines that use the quota that the message names, or ask for a higher one: another zone of the region has the same.",
  // Most quotas count the vCPUs or GPUs of one family of machine types: a smaller or another type may fit.
  blastRadius: "type-in-market",
  retry: "next-candidate",
};

/** Something about the project that its owner has to settle. */
function ofProject(remedy: string): GceVerdict {
  return { ...FORBIDDEN, remedy, blastRadius: "account" };
}

/**
 * The API's names for failures: replies use camel case, operations and error details upper snake case. The first code of
 * a failure that has a rule decides.
 * https://cloud.google.com/compute/docs/reference/rest/v1/errors,
 * https://cloud.google.com/compute/docs/troubleshooting/troubleshooting-vm-creation and `google/api/error_reason.proto`
 */
export const GCE_RULES: readonly GceRule[] = [
  {
    // In the details of ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS: https://github.com/cloudpilot-ai/karpenter-provider-gcp
    codes: ["configuration_availability"],
    verdict: NOT_HERE,
  },
  {
    codes: [
      "ZONE_RESOURCE_POOL_EXHAUSTED",
      "ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS",
      "RESOURCE_POOL_EXHAUSTED",
      "RESOURCE_POOL_EXHAUSTED_WITH_DETAILS",
      "INSUFFICIENT_CAPACITY",
      "insufficientCapacity",
      "RESOURCE_AVAILABILITY",
      "resource_availability",
    ],
    // A machine type and disk type that do not go together: https://github.com/scylladb/scylla-cluster-tests/pull/15742
    exceptWith: [400],
    verdict: NO_ROOM,
  },
  // A bulk insert that made too few machines: https://github.com/skypilot-org/skypilot/pull/4333
  { codes: ["VM_MIN_COUNT_NOT_REACHED"], isSummary: true, verdict: NO_ROOM },
  {
    codes: ["QUOTA_EXCEEDED", "quotaExceeded", "RESOURCE_QUOTA_EXCEEDED"],
    verdict: QUOTA_EXCEEDED,
  },
  {
    codes: ["LIMIT_EXCEEDED", "limitExceeded"],
    verdict: {
      ...QUOTA_EXCEEDED,
      remedy: "Stay below the limit that the message names: no quota raises it.",
      blastRadius: "request",
      retry: "never",
    },
  },
  {
    codes: ["RATE_LIMIT_EXCEEDED", "rateLimitExceeded", "userRateLimitExceeded"],
    verdict: RATE_LIMITED,
  },
  {
    codes: ["RESOURCE_OPERATION_RATE_EXCEEDED", "CONCURRENT_OPERATIONS_QUOTA_EXCEEDED"],
    verdict: {
      ...RATE_LIMITED,
      remedy: "Wait some minutes: too many operations use the resource that the message names.",
    },
  },
  {
    codes: ["dailyLimitExceeded", "dailyLimitExceededUnreg"],
    verdict: {
      ...RATE_LIMITED,
      remedy: "Ask for a higher quota of requests: the project's requests of today are used up.",
      retry: "never",
    },
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
  { codes: ["UNSUPPORTED_OPERATION"], verdict: NOT_HERE },
  {
    // Zones list types that they do not make: https://github.com/cloudpilot-ai/karpenter-provider-gcp/issues/620
    codes: ["MACHINE_TYPE_UNSUPPORTED"],
    verdict: {
      ...NOT_HERE,
      remedy: "Name another machine type, or give the placement zones that make this one.",
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
  {
    codes: ["LOCATION_POLICY_VIOLATED"],
    verdict: {
      code: "PERMISSION_DENIED",
      reason: "PLACE_UNAVAILABLE",
      remedy:
        "Give the placement zones that exist and that this project may use, or have its location policy changed.",
      blastRadius: "zone",
      retry: "next-candidate",
    },
  },
  {
    codes: ["SERVICE_UNAVAILABLE_FOR_LOCATION"],
    verdict: { ...UNAVAILABLE, blastRadius: "zone", retry: "next-candidate" },
  },
  {
    codes: ["EXTERNAL_RESOURCE_NOT_FOUND"],
    verdict: {
      ...NOT_FOUND,
      reason: "SERVICE_ACCOUNT_NOT_FOUND",
      remedy:
        "Create or restore the account that the message names, or put another into the placement's service_account.",
    },
  },
  {
    codes: ["SERVICE_ACCOUNT_ACCESS_DENIED"],
    verdict: {
      ...FORBIDDEN,
      remedy:
        "Grant the caller roles/iam.serviceAccountUser on the account that the message names.",
      blastRadius: "request",
    },
  },
  {
    codes: ["PROJECT_NOT_FOUND", "CONSUMER_INVALID", "RESOURCE_PROJECT_INVALID"],
    verdict: {
      ...NOT_FOUND,
      reason: "PROJECT_NOT_FOUND",
      remedy: "Correct the placement's project, or have the caller granted access to it.",
      blastRadius: "account",
    },
  },
  {
    codes: ["NETWORK_NOT_FOUND", "SUBNETWORK_NOT_FOUND"],
    verdict: {
      ...NOT_FOUND,
      reason: "SUBNET_NOT_FOUND",
      remedy: "Correct the placement's subnet or network_project.",
      blastRadius: "region",
    },
  },
  { codes: ["RESOURCE_NOT_FOUND", "notFound"], verdict: NOT_FOUND },
  {
    codes: ["accessNotConfigured", "SERVICE_DISABLED", "SERVICE_NOT_VISIBLE"],
    verdict: ofProject(
      "Enable the Compute Engine API in the project that the message names: `gcloud services enable compute`. Where it asks for a quota project, name one in GOOGLE_CLOUD_QUOTA_PROJECT.",
    ),
  },
  {
    codes: [
      "billingNotEnabled",
      "accountDisabled",
      "BILLING_DISABLED",
      "UREQ_PROJECT_BILLING_NOT_FOUND",
    ],
    verdict: ofProject("Enable billing in the project that the message names."),
  },
  {
    codes: ["CONSUMER_SUSPENDED", "GCP_SUSPENDED", "ACCOUNT_STATE_INVALID"],
    verdict: ofProject(
      "Google has suspended the project or the account: see https://cloud.google.com/resource-manager/docs/project-suspension-guidelines.",
    ),
  },
  {
    codes: ["USER_PROJECT_DENIED"],
    verdict: ofProject(
      "Grant the caller roles/serviceusage.serviceUsageConsumer in the quota project, or name another in its credentials or in GOOGLE_CLOUD_QUOTA_PROJECT.",
    ),
  },
  {
    codes: [
      "SECURITY_POLICY_VIOLATED",
      "RESOURCE_USAGE_RESTRICTION_VIOLATED",
      "ORG_RESTRICTION_VIOLATION",
      "LOCATION_TAX_POLICY_VIOLATED",
    ],
    verdict: ofProject(
      "Ask the administrator of the organization: a policy forbids the call, and no role of the caller changes that.",
    ),
  },
  {
    codes: ["forbidden", "insufficientPermissions", "PERMISSIONS_ERROR", "IAM_PERMISSION_DENIED"],
    verdict: FORBIDDEN,
  },
  {
    codes: ["ACCESS_TOKEN_SCOPE_INSUFFICIENT"],
    verdict: {
      ...FORBIDDEN,
      remedy:
        "Use credentials with the scope https://www.googleapis.com/auth/cloud-platform: a machine's own have the scopes with which it was created.",
    },
  },
  {
    codes: [
      "authError",
      "ACCESS_TOKEN_EXPIRED",
      "ACCESS_TOKEN_TYPE_UNSUPPORTED",
      "CREDENTIALS_MISSING",
      "USER_BLOCKED_BY_ADMIN",
    ],
    verdict: UNAUTHENTICATED,
  },
  {
    codes: [
      "CONDITION_NOT_MET",
      "conditionNotMet",
      "CUSTOM_ORG_POLICY_VIOLATION",
      "INVALID_FIELD_VALUE",
      "INVALID_USAGE",
      "MISSING_REQUIRED_FIELD",
      "FIELD_SIZE_TOO_LARGE",
    ],
    verdict: REFUSED,
  },
  {
    codes: ["RESOURCE_IN_USE_BY_ANOTHER_RESOURCE", "resourceInUseByAnotherResource"],
    verdict: {
      ...REFUSED,
      remedy: "Release the resource that the message names, or name another one.",
      blastRadius: "request",
      retry: "never",
    },
  },
  { codes: ["RESOURCE_ALREADY_EXISTS", "alreadyExists"], verdict: ALREADY_EXISTS },
  {
    codes: ["INTERNAL_ERROR", "internalError", "backendError"],
    exceptWith: [403, 404, 409, 412],
    verdict: UNAVAILABLE,
  },
];

/** For replies without a known reason. The first match decides. */
export const GCE_STATUS_RULES: readonly GceStatusRule[] = [
  { from: 401, to: 401, verdict: UNAUTHENTICATED },
  { from: 403, to: 403, verdict: FORBIDDEN },
  { from: 404, to: 404, verdict: NOT_FOUND },
  {
    from: 407,
    to: 407,
    verdict: {
      ...UNAVAILABLE,
      remedy: "Give the HTTP proxy between here and Compute Engine credentials that it accepts.",
      blastRadius: "account",
      retry: "never",
    },
  },
  { from: 408, to: 408, verdict: UNAVAILABLE },
  { from: 409, to: 409, verdict: CONFLICT },
  { from: 429, to: 429, verdict: RATE_LIMITED },
  { from: 499, to: 499, verdict: UNAVAILABLE },
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
  credential: {
    ...UNAUTHENTICATED,
    remedy:
      "Correct what the message says: the file of credentials, what it refers to, or the variables of Google's libraries.",
  },
} as const satisfies Readonly<Record<string, GceVerdict>>;
