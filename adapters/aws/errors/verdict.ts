import { denialOf, isAboutSpotRole } from "./denial.ts";
import type { CloudVerdict } from "./cloud-rule.ts";
import { CORRECT_VALUE } from "./candidate-rules.ts";
import { ERROR_RULES } from "./error-rules.ts";
import { INVALID_HEADER } from "./failure.ts";
import type { SdkFailure, SdkRefusal } from "./failure.ts";

const VERDICTS: ReadonlyMap<string, CloudVerdict> = new Map(
  ERROR_RULES.flatMap(({ codes, verdict }) => codes.map((code) => [code, verdict] as const)),
);

const SPOT_ROLE = "AuthFailure.ServiceLinkedRoleCreationNotPermitted";
const SUBNET_FULL = "InsufficientFreeAddressesInSubnet";

/** Codes of a certificate that is not valid at the time that this machine's clock shows. */
const CLOCK_CERTIFICATES: ReadonlySet<string> = new Set(["CERT_NOT_YET_VALID", "CERT_HAS_EXPIRED"]);

export function verdictOf(failure: SdkFailure): CloudVerdict {
  switch (failure.kind) {
    case "no-credentials":
      return failure.cause === INVALID_HEADER ? INVALID_KEYS : NO_CREDENTIALS;
    case "proxy":
      return failure.failure.verdict;
    case "unreachable":
      return CLOCK_CERTIFICATES.has(failure.cause ?? "") ? WRONG_TIME : UNREACHABLE;
    case "lost":
      return UNKNOWN_FAILURE;
    case "endpoint":
      return NO_ENDPOINT;
    case "foreign":
      return FOREIGN_ANSWER;
    case "refusal":
      return withClock(failure, refusalVerdict(failure));
  }
}

function withClock({ hasWrongClock }: SdkRefusal, verdict: CloudVerdict): CloudVerdict {
  return hasWrongClock && verdict.reason === "CLOUD_UNAUTHENTICATED" ? WRONG_CLOCK : verdict;
}

/** The code decides. For the few codes that AWS uses for several subjects, the form of its message does. */
function refusalVerdict(refusal: SdkRefusal): CloudVerdict {
  if (refusal.status === 407) return PROXY_REFUSAL;
  if (refusal.status === 501) return NOT_IMPLEMENTED;
  if (!refusal.hasCode && refusal.status < 500) return FOREIGN_REFUSAL;
  const known = knownPrefix(VERDICTS, withoutSide(refusal.code));
  if (known === null) return refusal.status >= 500 ? UNKNOWN_FAILURE : UNKNOWN_REFUSAL;
  const verdict = VERDICTS.get(known) ?? UNKNOWN_REFUSAL;
  switch (known) {
    case "InvalidParameterValue":
      if (isAboutProfile(refusal.words)) return UNKNOWN_PROFILE;
      if (isAboutTagKey(refusal.words)) return VERDICTS.get("InvalidTagKey.Malformed") ?? verdict;
      if (isAboutAddresses(refusal.words)) return VERDICTS.get(SUBNET_FULL) ?? verdict;
      return { ...verdict, ...placeNamedIn(refusal.words) };
    case "UnsupportedOperation":
      if (isAboutProduct(refusal.words)) return unsupportedByProduct(refusal.words);
      return { ...verdict, ...placeNamedIn(refusal.words) };
    case "InvalidGroup.NotFound":
      return { ...verdict, ...placeNamedIn(refusal.words) };
    case "Unsupported":
      return ZONE_NAME.test(refusal.words) ? NOT_IN_ZONE : verdict;
    case "AuthFailure":
      return refusal.status === 401 && !isAboutImages(refusal.words) ? verdict : NOT_SHARED;
    case "InvalidIdentityToken":
    case "InvalidIdentityTokenException":
      return isAboutIssuer(refusal.words) ? UNREAD_ISSUER : verdict;
    case "OptInRequired":
      return termsVerdict(refusal.words) ?? verdict;
    case "UnauthorizedOperation":
    case "AccessDenied":
    case "AccessDeniedException":
      if (isAboutSpotRole(refusal.words)) return VERDICTS.get(SPOT_ROLE) ?? verdict;
      return { ...verdict, ...denialOf(refusal.words) };
    default:
      return verdict.remedy === CORRECT_VALUE && verdict.retry === "next-candidate"
        ? { ...verdict, ...placeNamedIn(refusal.words) }
        : verdict;
  }
}

/** The meaning of a code with which EC2 ends a machine that it had accepted; null for an unknown one. */
export function verdictOfEnd(code: string, words: string): CloudVerdict | null {
  if (knownPrefix(VERDICTS, code) === null) return null;
  const verdict = refusalVerdict({
    kind: "refusal",
    code,
    hasCode: true,
    status: 400,
    words,
    requestId: null,
    retryAfterSeconds: null,
    hasWrongClock: false,
  });
  return verdict.retry === "same-token" ? null : verdict;
}

/** The longest key that is the code or a prefix of it, in whole segments: `InvalidKMSKey` for `InvalidKMSKey.InvalidState`. */
export function knownPrefix(known: ReadonlyMap<string, unknown>, code: string): string | null {
  for (let prefix = code; prefix !== ""; prefix = withoutLastSegment(prefix))
    if (known.has(prefix)) return prefix;
  return null;
}

/** The code without the side that AWS blames, which some of its services put before it: `Client.` or `Server.`. */
export function withoutSide(code: string): string {
  return code.replace(/^(?:Client|Server)\./, "");
}

function withoutLastSegment(code: string): string {
  return code.slice(0, Math.max(0, code.lastIndexOf(".")));
}

/**
 * EC2 has no separate codes for a profile that does not exist, or that is so new that EC2 knows it or its role only in
 * part. These two messages are what it says:
 * https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/ec2/ec2_instance.go
 */
const PROFILE_MESSAGES = [
  /\bInvalid IAM Instance Profile\b/,
  /^IAM Instance Profile "[^"]*" has no associated IAM Roles/,
];

function isAboutProfile(words: string): boolean {
  return PROFILE_MESSAGES.some((message) => message.test(words));
}

/**
 * A key that the instance metadata cannot show. EC2 has no code of its own for it:
 * https://github.com/aws-controllers-k8s/community/issues/1789
 */
function isAboutTagKey(words: string): boolean {
  return /^'[^']*' is not a valid tag key\. /.test(words);
}

/**
 * Whether the subnet lacks the addresses that an interface asks for: EC2 has a code for the first address only.
 * https://github.com/cilium/cilium/pull/31016
 */
function isAboutAddresses(words: string): boolean {
  return /^There aren't sufficient free Ipv[46] addresses or prefixes/i.test(words);
}

/** Whether EC2 names images that their owner does not share with the account, with whatever status. */
function isAboutImages(words: string): boolean {
  return words.startsWith("Not authorized for images: [ami-");
}

/**
 * STS has no separate code for an issuer whose keys it could not read. This may pass, and AWS's SDKs for Go and Ruby
 * try again: https://github.com/aws/aws-sdk-ruby/pull/2099
 */
function isAboutIssuer(words: string): boolean {
  return /^Couldn't retrieve verification key from your identity provider\b/.test(words);
}

/** A VPC is one of the subnet's. */
const NETWORK_ID = /\b(?:subnet|vpc)-[0-9a-f]{8,17}\b/;
const ZONE_NAME = /\b[a-z]{2}(?:-[a-z]+)+-\d(?:-[a-z]{3}-\d)?[a-z]\b/;

/**
 * The scope of a refusal that names a subnet, its VPC or a zone, such as "Security group sg-… and subnet subnet-… belong
 * to different networks" or "Invalid availability zone: [us-east-1e]". A launch names no other subnet than its own.
 */
function placeNamedIn(words: string): Partial<Pick<CloudVerdict, "blastRadius" | "retry">> {
  if (NETWORK_ID.test(words)) return { blastRadius: "place", retry: "next-candidate" };
  return ZONE_NAME.test(words) ? { blastRadius: "zone", retry: "next-candidate" } : {};
}

/** The address at which the terms of a Marketplace product can be accepted; null if AWS's message has none. */
export function termsAddress(words: string): string | null {
  for (const [text] of words.matchAll(/https?:\/\/[^\s"'<>)]{1,300}/g)) {
    const url = URL.parse(text.replace(/[.,;]+$/, ""));
    if (url === null || !/(?:^|\.)amazon(?:aws)?\.(?:com|cn)$/.test(url.hostname)) continue;
    if (/marketplace/i.test(url.hostname + url.pathname)) return url.href;
  }
  return null;
}

/**
 * EC2 names the image of a Marketplace product in this way, with the product's address or without:
 * https://github.com/ansible/workshops/issues/378
 */
function isAboutProduct(words: string): boolean {
  return /\bthis AWS Marketplace product\b/.test(words) || termsAddress(words) !== null;
}

/** Null if the opt-in is one to a service or a region. */
function termsVerdict(words: string): CloudVerdict | null {
  if (!isAboutProduct(words)) return null;
  return {
    code: "FAILED_PRECONDITION",
    reason: "IMAGE_TERMS_NOT_ACCEPTED",
    remedy: `Accept the product's terms at ${pageOf(words)} with the account that launches, then try again.`,
    blastRadius: "image",
    retry: "never",
  };
}

/** A Marketplace product lists the instance types and regions that it may be launched on: another type may do. */
function unsupportedByProduct(words: string): CloudVerdict {
  return {
    code: "FAILED_PRECONDITION",
    reason: "IMAGE_UNSUPPORTED",
    remedy: `Name a machine type that the image's product supports. They are listed at ${pageOf(words)}.`,
    blastRadius: "type-in-market",
    retry: "next-candidate",
  };
}

function pageOf(words: string): string {
  return termsAddress(words) ?? "its page in AWS Marketplace";
}

/** For "Your requested instance type (…) is not supported in your requested Availability Zone (…)". */
const NOT_IN_ZONE: CloudVerdict = {
  code: "FAILED_PRECONDITION",
  reason: "NOT_OFFERED_HERE",
  remedy: "Name a subnet in another zone, or another machine type.",
  blastRadius: "type-in-zone",
  retry: "next-candidate",
};

/**
 * For a code that has no rule, with a status below 500. It may be about this candidate or about all of them: the others
 * are tried.
 */
const UNKNOWN_REFUSAL: CloudVerdict = {
  code: "FAILED_PRECONDITION",
  reason: "CLOUD_REQUEST_REFUSED",
  remedy: "Follow EC2's message, or look the code up in EC2's list of error codes.",
  blastRadius: "request",
  retry: "next-candidate",
};

/** For an answer below 500 without a code, which EC2 and STS always give. */
const FOREIGN_REFUSAL: CloudVerdict = {
  ...UNKNOWN_REFUSAL,
  remedy:
    "Find out what answers in place of AWS: check AWS_ENDPOINT_URL, and the proxies and firewalls on the way.",
};

/** A proxy of a plain HTTP endpoint. The proxy of an HTTPS endpoint refuses the connection instead. */
const PROXY_REFUSAL: CloudVerdict = {
  code: "UNAUTHENTICATED",
  reason: "PROXY_REFUSED",
  remedy:
    "Set HTTP_PROXY with the user and password that the proxy accepts: http://USER:PASSWORD@HOST:PORT.",
  blastRadius: "credential",
  retry: "never",
};

/** For a code that has no rule, with a status of 500 or more; an unreadable answer; and a broken connection. */
export const UNKNOWN_FAILURE: CloudVerdict = {
  code: "UNAVAILABLE",
  reason: "CLOUD_UNAVAILABLE",
  remedy: "Try again.",
  blastRadius: "region",
  retry: "same-token",
};

/** Of LocalStack and other emulations. AWS itself has no such status. https://github.com/localstack/localstack/issues/10137 */
const NOT_IMPLEMENTED: CloudVerdict = {
  code: "UNIMPLEMENTED",
  reason: "CLOUD_REQUEST_REFUSED",
  remedy:
    "Use an endpoint that implements this call: AWS itself, or another version of the emulation.",
  blastRadius: "region",
  retry: "never",
};

/** The SDK combines an endpoint of the user's with neither of these settings. */
const NO_ENDPOINT: CloudVerdict = {
  code: "INVALID_ARGUMENT",
  reason: "CLOUD_ENDPOINT_INVALID",
  remedy:
    "Unset AWS_USE_FIPS_ENDPOINT and AWS_USE_DUALSTACK_ENDPOINT (use_fips_endpoint and use_dualstack_endpoint of the profile), or else the configured endpoint.",
  blastRadius: "credential",
  retry: "never",
};

const UNKNOWN_PROFILE: CloudVerdict = {
  code: "FAILED_PRECONDITION",
  reason: "INSTANCE_PROFILE_NOT_FOUND",
  remedy:
    "Check instance_profile_arn of the placement, and that the profile has a role. EC2 may need a minute to recognise a new profile or role.",
  blastRadius: "account",
  retry: "same-token",
};

/**
 * `AuthFailure` about images, or with a status other than 401: the credentials are valid, but not authorised for what they name ("you
 * might not be authorized to ... use an AMI for which you do not have permissions").
 */
const NOT_SHARED: CloudVerdict = {
  code: "PERMISSION_DENIED",
  reason: "IMAGE_PERMISSION_DENIED",
  remedy:
    "Ask the owner of what the message names (usually the AMI) to share it with this account, or name another one.",
  blastRadius: "image",
  retry: "never",
};

export const NO_CREDENTIALS: CloudVerdict = {
  code: "UNAUTHENTICATED",
  reason: "CLOUD_UNAUTHENTICATED",
  remedy:
    "Log in, set AWS_PROFILE to a working profile, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
  blastRadius: "credential",
  retry: "never",
};

const FOREIGN_ANSWER: CloudVerdict = { ...UNKNOWN_FAILURE, remedy: FOREIGN_REFUSAL.remedy };

const UNREAD_ISSUER: CloudVerdict = {
  ...UNKNOWN_FAILURE,
  remedy: "Try again: AWS could not read the keys of the web identity's issuer.",
};

const INVALID_KEYS: CloudVerdict = {
  ...NO_CREDENTIALS,
  remedy:
    "Remove line breaks and control characters from the access key, its secret and the session token.",
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
