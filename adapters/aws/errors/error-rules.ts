import { CANDIDATE_RULES, CORRECT_VALUE } from "./candidate-rules.ts";
import type { CloudRule } from "./cloud-rule.ts";

/**
 * The interpretation of each code, from "Error codes for the Amazon EC2 API" and "Common errors" of STS. A rule also
 * holds for a code with a further suffix, such as `InvalidKMSKey.InvalidState`, unless that code has a rule of its own.
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
 */
export const ERROR_RULES: readonly CloudRule[] = [
  ...CANDIDATE_RULES,
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
    codes: [
      "InternalError",
      "InternalFailure",
      "ServerInternal",
      "ServiceUnavailable",
      "Unavailable",
      "RetryableError",
      "ConcurrentTagAccess",
      // STS could not read the keys of a web identity's issuer.
      "IDPCommunicationError",
      "IDPCommunicationErrorException",
    ],
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
      "VolumeLimitExceeded",
      "MaxIOPSLimitExceeded",
      "NetworkInterfaceLimitExceeded",
      "AddressLimitExceeded",
      "HostLimitExceeded",
      "ResourceLimitExceeded",
    ],
    verdict: {
      code: "RESOURCE_EXHAUSTED",
      reason: "QUOTA_EXCEEDED",
      remedy:
        "Delete what counts against the quota that the message is about, or ask AWS to raise that quota.",
      blastRadius: "region",
      retry: "never",
    },
  },
  {
    // https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html#vpc-limits-security-groups
    codes: [
      "SecurityGroupLimitExceeded",
      "SecurityGroupsPerInstanceLimitExceeded",
      "SecurityGroupsPerInterfaceLimitExceeded",
    ],
    verdict: {
      code: "RESOURCE_EXHAUSTED",
      reason: "QUOTA_EXCEEDED",
      remedy:
        "Name fewer groups in security_group_ids of the placement, or ask AWS to raise the quota of security groups per network interface.",
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
      remedy:
        "Name an AMI in this region that this account owns or that is shared with it, and that its Allowed AMIs settings admit.",
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
    codes: ["InvalidSnapshot.NotFound"],
    verdict: {
      code: "FAILED_PRECONDITION",
      reason: "IMAGE_DELETED",
      remedy: "Name another AMI: a snapshot of this one is gone.",
      blastRadius: "image",
      retry: "never",
    },
  },
  {
    codes: ["InvalidManifest", "InvalidProductInfo"],
    verdict: {
      code: "FAILED_PRECONDITION",
      reason: "IMAGE_UNSUPPORTED",
      remedy: "Name another AMI, or ask the owner of this one.",
      blastRadius: "image",
      retry: "never",
    },
  },
  {
    codes: [
      "InvalidGroup.NotFound",
      "InvalidGroupId.Malformed",
      "InvalidGroupId.NotFound",
      "InvalidSecurityGroupID.NotFound",
      "InvalidSecurityGroupId.Malformed",
    ],
    verdict: {
      code: "FAILED_PRECONDITION",
      reason: "SECURITY_GROUP_NOT_FOUND",
      remedy: "Correct security_group_id or security_group_ids of the placement.",
      blastRadius: "region",
      retry: "never",
    },
  },
  {
    codes: [
      "InvalidVpcID.NotFound",
      "InvalidVpcID.Malformed",
      "DefaultVpcDoesNotExist",
      "VPCIdNotSpecified",
      "VPCResourceNotSpecified",
    ],
    verdict: {
      code: "FAILED_PRECONDITION",
      reason: "NETWORK_NOT_FOUND",
      remedy: "Correct vpc_id or subnet_ids of the placement.",
      blastRadius: "region",
      retry: "never",
    },
  },
  {
    codes: [
      "InvalidHostID.NotFound",
      "InvalidHostId.NotFound",
      "InvalidHostID.Malformed",
      "InvalidHostId.Malformed",
      "InvalidHostState",
    ],
    verdict: {
      code: "FAILED_PRECONDITION",
      reason: "DEDICATED_HOST_NOT_FOUND",
      remedy:
        "Correct host_id of the placement: it must be an available Dedicated Host of this account in the placement's region.",
      blastRadius: "region",
      retry: "never",
    },
  },
  {
    codes: ["InvalidKeyPair.NotFound", "InvalidKeyPair.Format"],
    verdict: {
      code: "FAILED_PRECONDITION",
      reason: "KEY_PAIR_NOT_FOUND",
      remedy:
        "Correct key_name of the placement, or import the key pair in its region: key pairs are regional.",
      blastRadius: "region",
      retry: "never",
    },
  },
  {
    codes: ["InvalidLaunchTemplateId", "InvalidLaunchTemplateName"],
    verdict: {
      code: "FAILED_PRECONDITION",
      reason: "LAUNCH_TEMPLATE_NOT_FOUND",
      remedy:
        "Correct launch_template of the placement: a template belongs to one account and region.",
      blastRadius: "region",
      retry: "never",
    },
  },
  {
    codes: ["InvalidIamInstanceProfileArn.Malformed"],
    verdict: {
      code: "FAILED_PRECONDITION",
      reason: "INSTANCE_PROFILE_NOT_FOUND",
      remedy: "Correct instance_profile_arn of the placement.",
      blastRadius: "request",
      retry: "never",
    },
  },
  {
    codes: ["BootForVolumeTypeUnsupported"],
    verdict: {
      code: "FAILED_PRECONDITION",
      reason: "DISK_TYPE_NOT_FOUND",
      remedy: "Set another disk_type_ref in the environment.",
      blastRadius: "request",
      retry: "never",
    },
  },
  {
    // https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption-requirements.html
    codes: ["InvalidKMSKey", "CustomerKeyHasBeenRevoked", "KmsKeyNotAccessible"],
    verdict: {
      code: "FAILED_PRECONDITION",
      reason: "DISK_KEY_UNUSABLE",
      remedy:
        "Check that the KMS key that encrypts the volumes is enabled, and that the launching role may use it.",
      blastRadius: "region",
      retry: "never",
    },
  },
  {
    codes: ["TagPolicyViolation", "InvalidTagKey.Malformed", "TagLimitExceeded"],
    verdict: {
      code: "FAILED_PRECONDITION",
      reason: "TAG_INVALID",
      remedy:
        "Correct the placement's tags as the message says. A tag policy of the organisation may demand certain values.",
      blastRadius: "request",
      retry: "never",
    },
  },
  {
    codes: ["InvalidUserData.Malformed", "MalformedQueryString"],
    verdict: {
      code: "FAILED_PRECONDITION",
      reason: "CLOUD_REQUEST_REFUSED",
      remedy: CORRECT_VALUE,
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
    codes: [
      "OptInRequired",
      "PendingVerification",
      "Blocked",
      "AccountDisabled",
      "RegionDisabledException",
    ],
    verdict: {
      code: "PERMISSION_DENIED",
      reason: "ACCOUNT_RESTRICTED",
      remedy:
        "Follow AWS's message, or ask AWS Support: at present the account may not launch in this region.",
      blastRadius: "account",
      retry: "never",
    },
  },
  {
    // Of a proxy that forwards requests to an endpoint without TLS.
    codes: ["HTTP 407"],
    verdict: {
      code: "UNAUTHENTICATED",
      reason: "PROXY_REFUSED",
      remedy: "Set HTTP_PROXY with the user and password that the proxy accepts.",
      blastRadius: "credential",
      retry: "never",
    },
  },
  {
    codes: ["RequestTimeTooSkewed", "RequestInTheFuture", "InvalidSecurity.RequestHasExpired"],
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
    // STS's own codes, and the names that AWS's SDK gives to them.
    // https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
    codes: [
      "InvalidIdentityToken",
      "InvalidIdentityTokenException",
      "IDPRejectedClaim",
      "IDPRejectedClaimException",
    ],
    verdict: {
      code: "UNAUTHENTICATED",
      reason: "CLOUD_UNAUTHENTICATED",
      remedy:
        "Check the token of the web identity, and that the role's account has an identity provider for its issuer and audience.",
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
