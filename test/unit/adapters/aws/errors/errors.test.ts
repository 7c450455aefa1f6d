import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ERROR_RULES } from "../../../../../adapters/aws/errors/error-rules.ts";
import { cloudError } from "../../../../../adapters/aws/errors/errors.ts";
import { CONTEXT, refusal } from "../../../../support/aws-refusals.ts";

describe("the table of EC2's errors", () => {
  it("lists each code once", () => {
    const codes = ERROR_RULES.flatMap((rule) => rule.codes);
    expect(new Set(codes).size).toBe(codes.length);
  });

  it.each([
    ["RequestLimitExceeded", 503, "CLOUD_RATE_LIMITED", "same-token", "region"],
    ["EC2ThrottledException", 503, "CLOUD_RATE_LIMITED", "same-token", "region"],
    ["InternalError", 500, "CLOUD_UNAVAILABLE", "same-token", "region"],
    ["InternalFailure", 500, "CLOUD_UNAVAILABLE", "same-token", "region"],
    ["ServiceUnavailable", 503, "CLOUD_UNAVAILABLE", "same-token", "region"],
    ["Unavailable", 503, "CLOUD_UNAVAILABLE", "same-token", "region"],
    [
      "InsufficientInstanceCapacity",
      500,
      "INSUFFICIENT_CAPACITY",
      "next-candidate",
      "type-in-zone",
    ],
    ["InsufficientHostCapacity", 500, "INSUFFICIENT_CAPACITY", "next-candidate", "type-in-zone"],
    [
      "InsufficientReservedInstanceCapacity",
      500,
      "INSUFFICIENT_CAPACITY",
      "next-candidate",
      "type-in-zone",
    ],
    ["UnfulfillableCapacity", 500, "INSUFFICIENT_CAPACITY", "next-candidate", "type-in-zone"],
    ["ReservationCapacityExceeded", 400, "RESERVATION_FULL", "next-candidate", "type-in-zone"],
    [
      "InvalidCapacityReservationId.NotFound",
      400,
      "RESERVATION_NOT_FOUND",
      "next-candidate",
      "market",
    ],
    ["InsufficientFreeAddressesInSubnet", 400, "SUBNET_FULL", "next-candidate", "place"],
    ["SpotMaxPriceTooLow", 400, "INSUFFICIENT_CAPACITY", "next-candidate", "type-in-zone"],
    ["InsufficientVolumeCapacity", 500, "INSUFFICIENT_CAPACITY", "next-candidate", "zone"],
    ["VolumeTypeNotAvailableInZone", 400, "NOT_OFFERED_HERE", "next-candidate", "zone"],
    ["InvalidAvailabilityZone", 400, "PLACE_NOT_FOUND", "next-candidate", "zone"],
    [
      "AuthFailure.ServiceLinkedRoleCreationNotPermitted",
      403,
      "SPOT_ROLE_MISSING",
      "next-candidate",
      "market",
    ],
    ["VolumeLimitExceeded", 400, "QUOTA_EXCEEDED", "never", "region"],
    ["IDPRejectedClaimException", 403, "CLOUD_UNAUTHENTICATED", "never", "credential"],
    ["IDPCommunicationErrorException", 400, "CLOUD_UNAVAILABLE", "same-token", "region"],
    ["NetworkInterfaceLimitExceeded", 400, "QUOTA_EXCEEDED", "never", "region"],
    ["TagPolicyViolation", 400, "TAG_INVALID", "never", "request"],
    ["InvalidKMSKey.InvalidState", 400, "DISK_KEY_UNUSABLE", "never", "region"],
    [
      "InvalidIamInstanceProfileArn.Malformed",
      400,
      "INSTANCE_PROFILE_NOT_FOUND",
      "never",
      "request",
    ],
    ["Unsupported", 400, "NOT_OFFERED_HERE", "next-candidate", "request"],
    ["UnsupportedTenancy", 400, "CLOUD_REQUEST_REFUSED", "next-candidate", "request"],
    ["UnknownVolumeType", 400, "DISK_TYPE_NOT_FOUND", "next-candidate", "zone"],
    ["VolumeTypeNotAvailableInRegion", 400, "DISK_TYPE_NOT_FOUND", "next-candidate", "zone"],
    ["VcpuLimitExceeded", 400, "QUOTA_EXCEEDED", "next-candidate", "type-in-market"],
    ["InstanceLimitExceeded", 400, "QUOTA_EXCEEDED", "next-candidate", "type-in-market"],
    ["MaxSpotInstanceCountExceeded", 400, "QUOTA_EXCEEDED", "next-candidate", "type-in-market"],
    ["RequestResourceCountExceeded", 400, "QUOTA_EXCEEDED", "next-candidate", "request"],
    ["ResourceCountExceeded", 400, "QUOTA_EXCEEDED", "next-candidate", "request"],
    ["UnavailableHostRequirements", 400, "NOT_OFFERED_HERE", "next-candidate", "type-in-zone"],
    [
      "InvalidInterface.IpAddressLimitExceeded",
      400,
      "CLOUD_REQUEST_REFUSED",
      "next-candidate",
      "type-in-market",
    ],
    [
      "InstanceCreditSpecification.NotSupported",
      400,
      "CLOUD_REQUEST_REFUSED",
      "next-candidate",
      "type-in-market",
    ],
    ["InvalidInstanceID.NotFound", 400, "MACHINE_NOT_FOUND", "never", "request"],
    ["InvalidAMIID.Malformed", 400, "INVALID_REFERENCE", "never", "image"],
    ["InvalidAMIID.NotFound", 400, "IMAGE_NOT_FOUND", "never", "image"],
    ["InvalidAMIID.Unavailable", 400, "IMAGE_NOT_READY", "never", "image"],
    ["InvalidParameterValue", 400, "CLOUD_REQUEST_REFUSED", "next-candidate", "type-in-market"],
    [
      "InvalidParameterCombination",
      400,
      "CLOUD_REQUEST_REFUSED",
      "next-candidate",
      "type-in-market",
    ],
    ["MissingParameter", 400, "CLOUD_REQUEST_REFUSED", "next-candidate", "type-in-market"],
    ["InvalidInstanceType", 400, "MACHINE_TYPE_NOT_FOUND", "next-candidate", "type-in-zone"],
    ["InvalidSubnetID.NotFound", 400, "SUBNET_NOT_FOUND", "next-candidate", "place"],
    ["InvalidSubnet", 400, "SUBNET_NOT_FOUND", "next-candidate", "place"],
    ["InvalidGroup.NotFound", 400, "SECURITY_GROUP_NOT_FOUND", "never", "region"],
    ["InvalidUserData.Malformed", 400, "CLOUD_REQUEST_REFUSED", "never", "request"],
    ["IdempotentParameterMismatch", 400, "LAUNCH_TOKEN_MISMATCH", "never", "request"],
    ["UnauthorizedOperation", 403, "CLOUD_PERMISSION_DENIED", "never", "credential"],
    ["AuthFailure", 401, "CLOUD_UNAUTHENTICATED", "never", "credential"],
    ["OptInRequired", 401, "ACCOUNT_RESTRICTED", "never", "account"],
    ["PendingVerification", 400, "ACCOUNT_RESTRICTED", "never", "account"],
    ["Blocked", 403, "ACCOUNT_RESTRICTED", "never", "account"],
    ["RequestExpired", 400, "CLOUD_UNAUTHENTICATED", "never", "credential"],
    ["RequestTimeTooSkewed", 403, "CLOUD_UNAUTHENTICATED", "never", "credential"],
    ["RequestInTheFuture", 403, "CLOUD_UNAUTHENTICATED", "never", "credential"],
  ] as const)("reads %s", (code, status, reason, retry, blastRadius) => {
    const error = cloudError(refusal(code, status), CONTEXT);
    expect(error).toMatchObject({ reason, retry, blastRadius });
    expect(error.remedy).not.toBe("");
    expect(error.message).toBe(`RunInstances in us-east-1 (agent-1): ${code}: words of AWS`);
    expect(error.metadata).toMatchObject({ provider_code: code, status, request_id: "request-1" });
  });

  it("leaves other candidates after an unknown code below 500, and repeats the call from 500", () => {
    const refused = cloudError(refusal("InvalidMoonPhase", 400), CONTEXT);
    expect(refused).toMatchObject({
      reason: "CLOUD_REQUEST_REFUSED",
      blastRadius: "request",
      retry: "next-candidate",
    });
    expect(refused.message).toContain("InvalidMoonPhase: words of AWS");
    expect(refused.metadata["provider_code"]).toBe("InvalidMoonPhase");
    const failed = cloudError(refusal("MoonOutage", 599), CONTEXT);
    expect(failed).toMatchObject({ reason: "CLOUD_UNAVAILABLE", retry: "same-token" });
    expect(failed.metadata["provider_code"]).toBe("MoonOutage");
  });

  it("decides by the code, not by the message", () => {
    const words = "Insufficient capacity. Request limit exceeded. You are not authorized.";
    fc.assert(
      fc.property(fc.string(), (more) => {
        const error = cloudError(refusal("VcpuLimitExceeded", 400, `${words}${more}`), CONTEXT);
        expect(error.reason).toBe("QUOTA_EXCEEDED");
      }),
    );
  });

  it("says with every verdict of a narrow scope that other candidates may work, and only there", () => {
    const narrow = new Set(["place", "type-in-zone", "zone", "type-in-market", "market"]);
    for (const { codes, verdict } of ERROR_RULES.filter(
      (one) => one.verdict.blastRadius !== "request",
    ))
      expect([codes, verdict.retry === "next-candidate"]).toEqual([
        codes,
        narrow.has(verdict.blastRadius),
      ]);
  });

  it("takes a type that the named zone does not offer as that zone's, and any other configuration as the request's", () => {
    const inZone =
      "Your requested instance type (a1.medium) is not supported in your requested Availability Zone (us-east-1b). Please retry your request by not specifying an Availability Zone or choosing us-east-1a, us-east-1c, us-east-1d.";
    expect(cloudError(refusal("Unsupported", 400, inZone), CONTEXT)).toMatchObject({
      reason: "NOT_OFFERED_HERE",
      blastRadius: "type-in-zone",
      retry: "next-candidate",
    });
    const configuration =
      "The requested configuration is currently not supported. Please check the documentation for supported configurations.";
    expect(cloudError(refusal("Unsupported", 400, configuration), CONTEXT)).toMatchObject({
      blastRadius: "request",
      remedy: expect.stringContaining("VPC with default tenancy"),
    });
  });

  it.each([
    ["AuthFailure.SomethingNew", "CLOUD_UNAUTHENTICATED"],
    ["Client.AuthFailure.ServiceLinkedRoleCreationNotPermitted", "SPOT_ROLE_MISSING"],
    ["InvalidParameterValue.TooLong", "CLOUD_REQUEST_REFUSED"],
    ["Client.MaxSpotInstanceCountExceeded", "QUOTA_EXCEEDED"],
    ["Server.InsufficientInstanceCapacity", "INSUFFICIENT_CAPACITY"],
    ["Client.InvalidKMSKey.InvalidState", "DISK_KEY_UNUSABLE"],
    ["InvalidSubnetID.NotFound.Elsewhere", "SUBNET_NOT_FOUND"],
  ])("reads %s by its longest known prefix, and shows it whole", (code, reason) => {
    const error = cloudError(refusal(code, 401), CONTEXT);
    expect(error.reason).toBe(reason);
    expect(error.metadata["provider_code"]).toBe(code);
    expect(error.message).toContain(`${code}: words of AWS`);
  });

  it.each([
    "Value (agents) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name",
    "Value (arn:aws:iam::1:instance-profile/a) for parameter iamInstanceProfile.arn is invalid. Invalid IAM Instance Profile ARN",
    'IAM Instance Profile "arn:aws:iam::1:instance-profile/agents" has no associated IAM Roles',
  ])("distinguishes an unknown instance profile from other invalid values: %s", (words) => {
    const error = cloudError(refusal("InvalidParameterValue", 400, words), CONTEXT);
    expect(error).toMatchObject({ reason: "INSTANCE_PROFILE_NOT_FOUND", retry: "same-token" });
    const other = cloudError(refusal("InvalidParameterCombination", 400, words), CONTEXT);
    expect(other.reason).toBe("CLOUD_REQUEST_REFUSED");
  });

  it("distinguishes a tag that the instance metadata cannot show from other invalid values", () => {
    const words =
      "'Patch Group' is not a valid tag key. Tag keys must match pattern ([0-9a-zA-Z\\\\-_+=,.@:]{1,255}), and must not be a reserved name ('.', '..', '_index')";
    const error = cloudError(refusal("InvalidParameterValue", 400, words), CONTEXT);
    expect(error).toMatchObject({ reason: "TAG_INVALID", retry: "never" });
  });

  it.each([
    [
      "InvalidParameter",
      "Security group sg-0a1b2c3d4e5f60718 and subnet subnet-0a1b2c3d4e5f60718 belong to different networks.",
      "place",
    ],
    [
      "InvalidParameterCombination",
      "The instance type 't2.micro' is not supported in the IPv6-only subnet subnet-0a1b2c3d.",
      "place",
    ],
    [
      "InvalidParameterValue",
      "The instance tenancy of vpc-0a1b2c3d4e5f60718 does not allow it.",
      "place",
    ],
    ["InvalidParameterValue", "Invalid availability zone: [us-east-1e]", "zone"],
    ["InvalidRequest", "Invalid availability zone: [us-east-1e]", "zone"],
    ["OperationNotPermitted", "not permitted in the subnet subnet-0a1b2c3d", "place"],
    ["InvalidParameterValue", "zone us-west-2-lax-1a does not support it", "zone"],
  ])("takes %s as the place's that it names: %s", (code, words, blastRadius) => {
    const error = cloudError(refusal(code, 400, words), CONTEXT);
    expect(error).toMatchObject({
      reason: "CLOUD_REQUEST_REFUSED",
      blastRadius,
      retry: "next-candidate",
    });
  });

  it("takes a lack of addresses for an interface as the subnet's", () => {
    const words = "There aren't sufficient free Ipv4 addresses or prefixes";
    expect(cloudError(refusal("InvalidParameterValue", 400, words), CONTEXT)).toMatchObject({
      reason: "SUBNET_FULL",
      blastRadius: "place",
      retry: "next-candidate",
    });
  });

  it.each([
    "Value (subnet-) for parameter subnetId is invalid in us-east-1.",
    "The specified instance type is not eligible for Free Tier.",
    "Volume of size 2GB is smaller than snapshot 'snap-0a1b2c3d', expect size >= 8GB",
  ])("takes a refusal that names no place as the machine type's in its market: %s", (words) => {
    const error = cloudError(refusal("InvalidParameterValue", 400, words), CONTEXT);
    expect(error).toMatchObject({ blastRadius: "type-in-market", retry: "next-candidate" });
  });

  it("takes a security group that the subnet's VPC does not have as the place's", () => {
    const words =
      "The security group 'sg-0a1b2c3d4e5f60718' does not exist in VPC 'vpc-0a1b2c3d4e5f60718'";
    expect(cloudError(refusal("InvalidGroup.NotFound", 400, words), CONTEXT)).toMatchObject({
      reason: "SECURITY_GROUP_NOT_FOUND",
      blastRadius: "place",
      retry: "next-candidate",
    });
  });

  it("distinguishes an image that is not shared from credentials that are not valid", () => {
    const words = "Not authorized for images: [ami-03a5b89a2fbe7dd3d]";
    for (const status of [400, 401, 403])
      expect(cloudError(refusal("AuthFailure", status, words), CONTEXT)).toMatchObject({
        reason: "IMAGE_PERMISSION_DENIED",
        blastRadius: "image",
        message: expect.stringContaining(words),
      });
    const other = "AWS was not able to validate the provided access credentials";
    expect(cloudError(refusal("AuthFailure", 403, other), CONTEXT).blastRadius).toBe("image");
    expect(cloudError(refusal("AuthFailure", 401, other), CONTEXT).blastRadius).toBe("credential");
  });

  it.each([
    ["https://aws.amazon.com/marketplace/pp?sku=abc123", ""],
    ["https://aws.amazon.com/marketplace/pp/prodview-k2x", "."],
    ["https://awsmarketplace.amazonaws.cn/marketplace/pp/x", ""],
  ])("names the address of Marketplace terms: %s", (address, end) => {
    const words = `In order to use this AWS Marketplace product you need to accept terms and subscribe. To do so please visit ${address}${end}`;
    const error = cloudError(refusal("OptInRequired", 401, words), CONTEXT);
    expect(error).toMatchObject({
      reason: "IMAGE_TERMS_NOT_ACCEPTED",
      blastRadius: "image",
      retry: "never",
      metadata: { terms_url: address },
    });
    expect(error.remedy).toContain(`${address} `);
  });

  it("takes Marketplace terms without an address as the image's", () => {
    const words =
      "In order to use this AWS Marketplace product you need to accept terms and subscribe.";
    expect(cloudError(refusal("OptInRequired", 401, words), CONTEXT)).toMatchObject({
      reason: "IMAGE_TERMS_NOT_ACCEPTED",
      blastRadius: "image",
      remedy: expect.stringContaining("its page in AWS Marketplace"),
    });
  });

  it.each([
    [
      "http://aws.amazon.com/marketplace/pp?sku=f43e",
      "http://aws.amazon.com/marketplace/pp?sku=f43e",
    ],
    ["the AWS Marketplace site", "its page in AWS Marketplace"],
  ])("leaves other types if a Marketplace product does not support this one: %s", (where, page) => {
    const words = `The instance configuration for this AWS Marketplace product is not supported. Please see ${where} for more information about supported instance types, regions, and operating systems.`;
    expect(cloudError(refusal("UnsupportedOperation", 400, words), CONTEXT)).toMatchObject({
      reason: "IMAGE_UNSUPPORTED",
      blastRadius: "type-in-market",
      retry: "next-candidate",
      remedy: `Name a machine type that the image's product supports. They are listed at ${page}.`,
    });
  });

  it.each([
    "You are not subscribed to this service. Please go to http://aws.amazon.com to subscribe.",
    "Accept the terms at https://aws.amazon.com.example.net/marketplace/pp?sku=abc123",
  ])("takes any other opt-in as the account's: %s", (words) => {
    const error = cloudError(refusal("OptInRequired", 401, words), CONTEXT);
    expect(error).toMatchObject({ reason: "ACCOUNT_RESTRICTED", blastRadius: "account" });
    expect(error.metadata["terms_url"]).toBeUndefined();
  });
});

/** IAM's message about a denied call. */
function denial(action: string, resource: string, why: string): string {
  return `You are not authorized to perform this operation. User: arn:aws:sts::1:assumed-role/l/s is not authorized to perform: ${action} on resource: ${resource} ${why}`;
}

describe("a denied call", () => {
  const NO_POLICY = "because no identity-based policy allows the ec2:RunInstances action.";
  const RUN = "ec2:RunInstances";

  it.each([
    ["arn:aws:ec2:eu-west-2:2:subnet/subnet-0a", "place", "next-candidate"],
    ["arn:aws:ec2:us-east-1:1:spot-instances-request/*", "market", "next-candidate"],
    ["arn:aws-us-gov:ec2:us-gov-west-1::image/ami-0a", "image", "never"],
    ["arn:aws:ec2:us-east-1:1:instance/*", "type-in-market", "next-candidate"],
    ["arn:aws:ec2:us-east-1:1:volume/*", "credential", "never"],
    ["arn:aws:iam::1:role/agents", "credential", "never"],
  ])("on %s has the scope %s", (resource, blastRadius, retry) => {
    const words = denial(RUN, resource, NO_POLICY);
    expect(cloudError(refusal("UnauthorizedOperation", 403, words), CONTEXT)).toMatchObject({
      reason: "CLOUD_PERMISSION_DENIED",
      blastRadius,
      retry,
    });
  });

  it.each([
    [NO_POLICY, /^Grant ec2:RunInstances to the role or user, or/],
    [
      "because no permissions boundary allows the ec2:RunInstances action",
      /^Grant ec2:RunInstances to the role or user in its permissions boundary, or/,
    ],
    [
      "with an explicit deny in a service control policy: arn:aws:organizations::1:policy/o/p",
      /^Change the service control policy that denies ec2:RunInstances/,
    ],
    [
      "with an explicit deny in an identity-based policy",
      /^Change the identity-based policy that denies ec2:RunInstances/,
    ],
    ["", /^Grant ec2:RunInstances to/],
  ])("has a remedy that fits IAM's words: %s", (why, remedy) => {
    const words = denial(RUN, "arn:aws:ec2:us-east-1:1:instance/*", why);
    expect(cloudError(refusal("UnauthorizedOperation", 403, words), CONTEXT).remedy).toMatch(
      remedy,
    );
  });

  it.each(["AccessDenied", "UnauthorizedOperation"])(
    "on the role that spot requests need leaves the other market: %s",
    (code) => {
      const role =
        "arn:aws:iam::1:role/aws-service-role/spot.amazonaws.com/AWSServiceRoleForEC2Spot";
      const words = denial(
        "iam:CreateServiceLinkedRole",
        role,
        "with an explicit deny in a service control policy",
      );
      expect(cloudError(refusal(code, 403, words), CONTEXT)).toMatchObject({
        reason: "SPOT_ROLE_MISSING",
        blastRadius: "market",
        retry: "next-candidate",
        message: expect.stringContaining(words),
      });
    },
  );

  it("does not guess an action that EC2 does not name", () => {
    const words =
      "You are not authorized to perform this operation. Encoded authorization failure message: abc_DEF";
    const error = cloudError(refusal("UnauthorizedOperation", 403, words), CONTEXT);
    expect(error.remedy).toMatch(/^Grant the denied action .*decode-authorization-message/);
    expect(error.metadata["action"]).toBeUndefined();
  });
});
