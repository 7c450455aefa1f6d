import { describe, expect, it } from "vitest";
import { cloudError } from "../../../../../adapters/aws/errors/errors.ts";
import { SlipwayError } from "../../../../../src/errors.ts";
import { CONTEXT, connectionFailure, refusal } from "../../../../support/aws-refusals.ts";

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

  it.each([
    [
      "text/html; charset=utf-8",
      "HTTP 403: the answer has no error code (text/html from squid/5.7)",
    ],
    ["", "HTTP 403: the answer has no error code (no content type from squid/5.7)"],
  ])("does not take a firewall's answer of type %j for one of AWS", (type, words) => {
    // As the SDK reports a page: https://github.com/aws/aws-sdk-js-v3/issues/7182
    const page = Object.assign(refusal("Unknown", 403, "Unknown"), {
      $response: { statusCode: 403, headers: { "content-type": type, server: "squid/5.7" } },
    });
    const error = cloudError(page, CONTEXT);
    expect(error.message).toContain(words);
    expect(error.remedy).toMatch(/^Find out what answers in place of AWS/);
    expect(error).toMatchObject({ reason: "CLOUD_REQUEST_REFUSED", retry: "next-candidate" });
  });

  it.each([
    [
      "No OpenIDConnect provider found in your account for https://token.actions.githubusercontent.com",
      { code: "UNAUTHENTICATED", retry: "never", blastRadius: "credential" },
    ],
    [
      "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements",
      { code: "UNAVAILABLE", retry: "same-token" },
    ],
  ])(
    "distinguishes a web identity that is refused from one that cannot be checked: %s",
    (words, verdict) => {
      for (const code of ["InvalidIdentityToken", "InvalidIdentityTokenException"])
        expect(cloudError(refusal(code, 400, words), CONTEXT)).toMatchObject(verdict);
    },
  );

  it("blames the settings if the SDK makes no address of them", () => {
    const words = "Invalid Configuration: FIPS and custom endpoint are not supported";
    const caught = Object.assign(new Error(words), { name: "EndpointError" });
    const error = cloudError(caught, CONTEXT);
    expect(error).toMatchObject({ reason: "CLOUD_ENDPOINT_INVALID", retry: "never" });
    expect(error.message).toContain(words);
    expect(error.remedy).toContain("AWS_USE_FIPS_ENDPOINT");
    expect(error.metadata).toMatchObject({ sent: false });
  });

  it.each([
    ["InternalFailure", "API for service 'ec2' not yet implemented or pro feature"],
    ["NotImplemented", "The RunInstances action has not been implemented"],
  ])("does not repeat a call that an emulation lacks: %s", (code, words) => {
    const error = cloudError(refusal(code, 501, words), CONTEXT);
    expect(error).toMatchObject({ code: "UNIMPLEMENTED", retry: "never", blastRadius: "region" });
    expect(error.message).toContain(words);
    expect(error.remedy).toContain("implements this call");
  });

  it("blames the role's trust policy if a web identity may not assume the role", () => {
    const words = "Not authorized to perform sts:AssumeRoleWithWebIdentity";
    const error = cloudError(refusal("AccessDenied", 403, words), CONTEXT);
    expect(error).toMatchObject({ reason: "CLOUD_PERMISSION_DENIED", blastRadius: "credential" });
    expect(error.metadata["action"]).toBe("sts:AssumeRoleWithWebIdentity");
    expect(error.remedy).toMatch(/in the role's trust policy/);
  });

  it("blames the proxy of a plain HTTP endpoint that demands a password", () => {
    const error = cloudError(refusal("Unknown", 407, "Unknown"), CONTEXT);
    expect(error).toMatchObject({ reason: "PROXY_REFUSED", retry: "never" });
  });

  it("blames the credentials if they cannot be sent in a header", () => {
    const invalid = Object.assign(
      new TypeError('Invalid character in header content ["authorization"]'),
      { code: "ERR_INVALID_CHAR" },
    );
    expect(cloudError(invalid, CONTEXT)).toMatchObject({
      reason: "CLOUD_UNAUTHENTICATED",
      retry: "never",
      remedy: expect.stringMatching(/^Remove line breaks/),
    });
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
