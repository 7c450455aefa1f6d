import type { SlipwayErrorOptions } from "../../../src/errors.ts";

/** The interpretation of an error from EC2 or STS: everything in a `SlipwayError` except its message. */
export type CloudVerdict = Required<
  Pick<SlipwayErrorOptions, "code" | "reason" | "remedy" | "blastRadius" | "retry">
>;

export interface CloudRule {
  /** The provider's error codes. Each code is in exactly one rule. */
  readonly codes: readonly string[];
  readonly verdict: CloudVerdict;
}

/**
 * The interpretation of each code, from "Error codes for the Amazon EC2 API" and "Common errors" of STS.
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
 */
export const ERROR_RULES: readonly CloudRule[] = [
  {
    codes: [
      "RequestLimitExceeded",
      "EC2ThrottledException",
      "Throttling",
      "ThrottlingException",
      "RequestThrottled",
      "TooManyRequestsException",
    ],
    verdict: {
      code: "RESOURCE_EXHAUSTED",
      reason: "CLOUD_RATE_LIMITED",
      remedy: "Wait: the account is making more calls in this region than AWS allows.",
      blastRadius: "region",
      retry: "same-token",
    },
  },
  {
    codes: ["InternalError", "InternalFailure", "ServiceUnavailable", "Unavailable"],
    verdict: {
      code: "UNAVAILABLE",
      reason: "CLOUD_UNAVAILABLE",
      remedy: "Try again: AWS is having trouble in this region.",
      blastRadius: "region",
      retry: "same-token",
    },
  },
  {
    codes: [
      "InsufficientInstanceCapacity",
      "InsufficientCapacity",
      "InsufficientHostCapacity",
      "InsufficientReservedInstanceCapacity",
      "UnfulfillableCapacity",
      "ReservationCapacityExceeded",
    ],
    verdict: {
      code: "RESOURCE_EXHAUSTED",
      reason: "INSUFFICIENT_CAPACITY",
      remedy: "Name subnets in more zones, or another machine type.",
      blastRadius: "type-in-zone",
      retry: "next-candidate",
    },
  },
  {
    codes: ["InsufficientFreeAddressesInSubnet"],
    verdict: {
      code: "RESOURCE_EXHAUSTED",
      reason: "SUBNET_FULL",
      remedy: "Free addresses in the subnet, or name another one in the placement.",
      blastRadius: "request",
      retry: "next-candidate",
    },
  },
  {
    codes: ["Unsupported"],
    verdict: {
      code: "FAILED_PRECONDITION",
      reason: "NOT_OFFERED_HERE",
      remedy: "Name a subnet in another zone, or another machine type.",
      blastRadius: "type-in-zone",
      retry: "next-candidate",
    },
  },
  {
    codes: ["VcpuLimitExceeded", "InstanceLimitExceeded", "MaxSpotInstanceCountExceeded"],
    verdict: {
      code: "RESOURCE_EXHAUSTED",
      reason: "QUOTA_EXCEEDED",
      remedy: "Terminate instances in this region, or ask AWS to raise the account's quota.",
      blastRadius: "region",
      retry: "never",
    },
  },
  {
    codes: ["InvalidInstanceID.NotFound", "InvalidInstanceID.Malformed"],
    verdict: {
      code: "NOT_FOUND",
      reason: "MACHINE_NOT_FOUND",
      remedy:
        "The instance is gone, or so new that EC2 does not show it everywhere yet. Try again if it is new.",
      blastRadius: "request",
      retry: "never",
    },
  },
  {
    codes: ["InvalidAMIID.Malformed"],
    verdict: {
      code: "INVALID_ARGUMENT",
      reason: "INVALID_REFERENCE",
      remedy: "Write the AMI's id as EC2 does: ami- followed by 8 or 17 hex digits.",
      blastRadius: "image",
      retry: "never",
    },
  },
  {
    codes: ["InvalidAMIID.NotFound"],
    verdict: {
      code: "NOT_FOUND",
      reason: "IMAGE_NOT_FOUND",
      remedy: "Name an AMI in this region that this account owns or that is shared with it.",
      blastRadius: "image",
      retry: "never",
    },
  },
  {
    codes: ["InvalidAMIID.Unavailable"],
    verdict: {
      code: "FAILED_PRECONDITION",
      reason: "IMAGE_NOT_READY",
      remedy: "Wait until the AMI is available, or name one that is.",
      blastRadius: "image",
      retry: "never",
    },
  },
  {
    codes: ["InvalidInstanceType"],
    verdict: {
      code: "FAILED_PRECONDITION",
      reason: "MACHINE_TYPE_NOT_FOUND",
      remedy: "Correct aws.instance_type of the machine-type record.",
      blastRadius: "region",
      retry: "never",
    },
  },
  {
    codes: ["InvalidSubnetID.NotFound", "InvalidSubnetID.Malformed"],
    verdict: {
      code: "FAILED_PRECONDITION",
      reason: "SUBNET_NOT_FOUND",
      remedy: "Correct subnet_ids of the placement.",
      blastRadius: "request",
      retry: "never",
    },
  },
  {
    codes: [
      "InvalidGroup.NotFound",
      "InvalidGroupId.Malformed",
      "InvalidGroupId.NotFound",
      "InvalidSecurityGroupID.NotFound",
    ],
    verdict: {
      code: "FAILED_PRECONDITION",
      reason: "SECURITY_GROUP_NOT_FOUND",
      remedy: "Correct security_group_id of the placement.",
      blastRadius: "region",
      retry: "never",
    },
  },
  {
    codes: ["InvalidVpcID.NotFound", "InvalidVpcID.Malformed"],
    verdict: {
      code: "FAILED_PRECONDITION",
      reason: "NETWORK_NOT_FOUND",
      remedy: "Correct vpc_id of the placement.",
      blastRadius: "region",
      retry: "never",
    },
  },
  {
    codes: [
      "InvalidParameter",
      "InvalidParameterValue",
      "InvalidParameterCombination",
      "MissingParameter",
      "UnknownParameter",
      "ValidationError",
      "InvalidUserData.Malformed",
      "InvalidBlockDeviceMapping",
      "MalformedQueryString",
    ],
    verdict: {
      code: "FAILED_PRECONDITION",
      reason: "CLOUD_REQUEST_REFUSED",
      remedy:
        "Correct the value that EC2's message names in the placement, the environment or the machine type.",
      blastRadius: "request",
      retry: "never",
    },
  },
  {
    codes: ["IdempotentParameterMismatch"],
    verdict: {
      code: "ABORTED",
      reason: "LAUNCH_TOKEN_MISMATCH",
      remedy: "Spawn again with another id: this launch was already made with other parameters.",
      blastRadius: "request",
      retry: "never",
    },
  },
  {
    codes: ["IdempotentInstanceTerminated"],
    verdict: {
      code: "ABORTED",
      reason: "LAUNCH_TOKEN_SPENT",
      remedy: "Spawn again with another id: the machine of this launch was terminated.",
      blastRadius: "request",
      retry: "never",
    },
  },
  {
    codes: ["UnauthorizedOperation", "AccessDenied", "AccessDeniedException"],
    verdict: {
      code: "PERMISSION_DENIED",
      reason: "CLOUD_PERMISSION_DENIED",
      remedy: "Grant this action to the role or user, or name a role_arn that has it.",
      blastRadius: "credential",
      retry: "never",
    },
  },
  {
    codes: ["OptInRequired", "PendingVerification", "Blocked", "RegionDisabledException"],
    verdict: {
      code: "PERMISSION_DENIED",
      reason: "CLOUD_PERMISSION_DENIED",
      remedy: "Check the account with AWS: at present it may not use EC2 in this region.",
      blastRadius: "account",
      retry: "never",
    },
  },
  {
    codes: ["RequestTimeTooSkewed", "RequestInTheFuture"],
    verdict: {
      code: "UNAUTHENTICATED",
      reason: "CLOUD_UNAUTHENTICATED",
      remedy: "Correct this machine's clock: AWS accepts a signature for five minutes.",
      blastRadius: "credential",
      retry: "never",
    },
  },
  {
    codes: ["RequestExpired", "ExpiredToken", "ExpiredTokenException"],
    verdict: {
      code: "UNAUTHENTICATED",
      reason: "CLOUD_UNAUTHENTICATED",
      remedy: "Log in again: the credentials have expired (or this machine's clock is wrong).",
      blastRadius: "credential",
      retry: "never",
    },
  },
  {
    codes: [
      "AuthFailure",
      "InvalidClientTokenId",
      "InvalidAccessKeyId",
      "UnrecognizedClientException",
      "MissingAuthenticationToken",
      "SignatureDoesNotMatch",
      "IncompleteSignature",
    ],
    verdict: {
      code: "UNAUTHENTICATED",
      reason: "CLOUD_UNAUTHENTICATED",
      remedy:
        "Check the access key, its secret and the profile, this machine's clock, and that the region is enabled for the account.",
      blastRadius: "credential",
      retry: "never",
    },
  },
];
