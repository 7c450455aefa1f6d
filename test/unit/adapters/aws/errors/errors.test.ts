import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ERROR_RULES } from "../../../../../adapters/aws/errors/error-rules.ts";
import {
  cloudError,
  isOutcomeUnknown,
  providerCode,
} from "../../../../../adapters/aws/errors/errors.ts";
import { SlipwayError } from "../../../../../src/errors.ts";

const CONTEXT = { operation: "RunInstances", subject: "agent-1", region: "us-east-1" } as const;

/** An error as the SDK throws it when AWS refuses a call. */
function refusal(code: string, status: number, message = "words of AWS"): Error {
  return Object.assign(new Error(message), {
    name: code,
    $metadata: { httpStatusCode: status, requestId: "request-1" },
  });
}

function connectionFailure(code: string): Error {
  return Object.assign(new Error(`connect ${code}`), { code });
}

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
    ["ReservationCapacityExceeded", 400, "INSUFFICIENT_CAPACITY", "next-candidate", "type-in-zone"],
    ["InsufficientFreeAddressesInSubnet", 400, "SUBNET_FULL", "next-candidate", "request"],
    ["Unsupported", 400, "NOT_OFFERED_HERE", "next-candidate", "type-in-zone"],
    ["VcpuLimitExceeded", 400, "QUOTA_EXCEEDED", "never", "region"],
    ["InstanceLimitExceeded", 400, "QUOTA_EXCEEDED", "never", "region"],
    ["MaxSpotInstanceCountExceeded", 400, "QUOTA_EXCEEDED", "never", "region"],
    ["InvalidInstanceID.NotFound", 400, "MACHINE_NOT_FOUND", "never", "request"],
    ["InvalidAMIID.Malformed", 400, "INVALID_REFERENCE", "never", "image"],
    ["InvalidAMIID.NotFound", 400, "IMAGE_NOT_FOUND", "never", "image"],
    ["InvalidAMIID.Unavailable", 400, "IMAGE_NOT_READY", "never", "image"],
    ["InvalidParameterValue", 400, "CLOUD_REQUEST_REFUSED", "never", "request"],
    ["InvalidParameterCombination", 400, "CLOUD_REQUEST_REFUSED", "never", "request"],
    ["MissingParameter", 400, "CLOUD_REQUEST_REFUSED", "never", "request"],
    ["InvalidInstanceType", 400, "MACHINE_TYPE_NOT_FOUND", "never", "region"],
    ["InvalidSubnetID.NotFound", 400, "SUBNET_NOT_FOUND", "never", "request"],
    ["InvalidGroup.NotFound", 400, "SECURITY_GROUP_NOT_FOUND", "never", "region"],
    ["InvalidUserData.Malformed", 400, "CLOUD_REQUEST_REFUSED", "never", "request"],
    ["IdempotentParameterMismatch", 400, "LAUNCH_TOKEN_MISMATCH", "never", "request"],
    ["UnauthorizedOperation", 403, "CLOUD_PERMISSION_DENIED", "never", "credential"],
    ["AuthFailure", 401, "CLOUD_UNAUTHENTICATED", "never", "credential"],
    ["OptInRequired", 401, "CLOUD_PERMISSION_DENIED", "never", "account"],
    ["PendingVerification", 401, "CLOUD_PERMISSION_DENIED", "never", "account"],
    ["Blocked", 403, "CLOUD_PERMISSION_DENIED", "never", "account"],
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

  it("treats an unknown code as permanent below 500, and as transient from 500", () => {
    const refused = cloudError(refusal("InvalidMoonPhase", 400), CONTEXT);
    expect(refused).toMatchObject({ reason: "CLOUD_REQUEST_REFUSED", retry: "never" });
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

  it("distinguishes an unknown instance profile from other invalid values", () => {
    const words =
      "Value (agents) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name";
    const error = cloudError(refusal("InvalidParameterValue", 400, words), CONTEXT);
    expect(error).toMatchObject({ reason: "INSTANCE_PROFILE_NOT_FOUND", retry: "same-token" });
  });
});

describe("an error of EC2", () => {
  it("keeps the denied action and AWS's encoded message in its metadata", () => {
    const words =
      "You are not authorized to perform this operation. User: arn:aws:iam::1:user/u is not authorized to perform: " +
      "iam:PassRole on resource: x. Encoded authorization failure message: abc_DEF-123=";
    const error = cloudError(refusal("UnauthorizedOperation", 403, words), CONTEXT);
    expect(error.metadata).toMatchObject({
      action: "iam:PassRole",
      encoded_message: "abc_DEF-123=",
    });
    expect(error.message).not.toContain("abc_DEF");
  });

  it("keeps the time to wait before a retry", () => {
    const throttle = Object.assign(refusal("RequestLimitExceeded", 503), {
      $response: { statusCode: 503, headers: { "retry-after": "7" } },
    });
    expect(cloudError(throttle, CONTEXT).metadata["retry_after_seconds"]).toBe(7);
  });

  it("does not repeat the request that AWS quotes or the answer that a parser quotes", () => {
    const words =
      "The request signature we calculated does not match.\n\nThe Canonical String should have been\n" +
      "x-amz-security-token:SECRET";
    const signature = cloudError(refusal("SignatureDoesNotMatch", 403, words), CONTEXT);
    expect(signature.reason).toBe("CLOUD_UNAUTHENTICATED");
    expect(signature.message).not.toContain("SECRET");
    const parser = Object.assign(new SyntaxError("Unexpected token SECRET"), {
      $response: { statusCode: 200, headers: {} },
    });
    const malformed = cloudError(parser, CONTEXT);
    expect(malformed.message).not.toContain("SECRET");
    expect(malformed.reason).toBe("CLOUD_UNAVAILABLE");
  });

  it.each(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "CERT_HAS_EXPIRED"])(
    "says that AWS cannot be reached for %s",
    (code) => {
      const error = cloudError(connectionFailure(code), CONTEXT);
      expect(error).toMatchObject({ reason: "CLOUD_UNAVAILABLE", retry: "same-token" });
      expect(error.message).toContain("cannot be reached");
    },
  );

  it.each(["CERT_HAS_EXPIRED", "CERT_NOT_YET_VALID"])(
    "names this machine's clock for %s",
    (code) => {
      expect(cloudError(connectionFailure(code), CONTEXT).remedy).toContain("clock");
    },
  );

  it("names this machine's clock if the SDK measured that it is wrong, and only for a signature", () => {
    const skewed = (code: string) =>
      Object.assign(refusal(code, 401), {
        $metadata: { httpStatusCode: 401, clockSkewCorrected: true },
      });
    const said = cloudError(skewed("AuthFailure"), CONTEXT);
    expect(said).toMatchObject({ reason: "CLOUD_UNAUTHENTICATED", retry: "never" });
    expect(said.remedy).toMatch(/^Correct this machine's clock/);
    expect(cloudError(skewed("InvalidParameterValue"), CONTEXT).remedy).not.toContain("clock");
  });

  it("says that AWS cannot be reached if all addresses of the host refuse", () => {
    const all = new AggregateError([connectionFailure("ECONNREFUSED")]);
    expect(cloudError(all, CONTEXT).message).toContain("cannot be reached (connect ECONNREFUSED)");
  });

  it("stays unchanged if it is a SlipwayError, and is a cancellation if the caller has aborted", () => {
    const own = new SlipwayError({ code: "INTERNAL", reason: "INTERNAL", message: "ours" });
    expect(cloudError(own, CONTEXT)).toBe(own);
    const signal = AbortSignal.abort();
    expect(cloudError(refusal("InternalError", 500), { ...CONTEXT, signal }).code).toBe(
      "CANCELLED",
    );
  });
});

describe("whether a launch may have happened", () => {
  it.each<readonly [string, unknown, boolean]>([
    ["a reset", connectionFailure("ECONNRESET"), true],
    ["a time-out", Object.assign(new Error("over"), { name: "TimeoutError" }), true],
    ["an abortion", Object.assign(new Error("stop"), { name: "AbortError" }), true],
    ["a malformed answer", Object.assign(new Error("x"), { $response: { statusCode: 200 } }), true],
    ["an internal error", refusal("InternalError", 500), true],
    ["an unknown 5xx", refusal("MoonOutage", 500), true],
    ["a proxy's 502", refusal("Unknown", 502), true],
    ["something else", "a text", true],
    ["no capacity", refusal("InsufficientInstanceCapacity", 500), false],
    ["a throttle", refusal("RequestLimitExceeded", 503), false],
    ["a refusal", refusal("InvalidParameterValue", 400), false],
    ["an unknown 4xx", refusal("InvalidMoonPhase", 400), false],
    ["no connection", connectionFailure("ECONNREFUSED"), false],
    [
      "no credentials",
      Object.assign(new Error("none"), { name: "CredentialsProviderError" }),
      false,
    ],
  ])("after %s", (_name, caught, isUnknown) => {
    expect(isOutcomeUnknown(caught)).toBe(isUnknown);
  });

  it("has a provider code only if AWS has answered", () => {
    expect(providerCode(refusal("DryRunOperation", 412))).toBe("DryRunOperation");
    expect(providerCode(refusal("Unknown", 502))).toBe("HTTP 502");
    expect(providerCode(connectionFailure("ECONNRESET"))).toBeNull();
  });
});
