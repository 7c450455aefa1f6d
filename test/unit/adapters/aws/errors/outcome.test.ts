import { describe, expect, it } from "vitest";
import {
  cloudError,
  isOutcomeUnknown,
  providerCode,
} from "../../../../../adapters/aws/errors/errors.ts";
import { CONTEXT, connectionFailure, refusal } from "../../../../support/aws-refusals.ts";

/** Timeouts of the SDK's HTTP handler. */
const CONNECT_TIMEOUT = Object.assign(
  new Error(
    "@smithy/node-http-handler - the request socket did not establish a connection with the server within the configured timeout of 5000 ms.",
  ),
  { name: "TimeoutError" },
);
const SILENT_ANSWER = Object.assign(
  new Error(
    "@smithy/node-http-handler - the request socket timed out after 150000 ms of inactivity (configured by client requestHandler).",
  ),
  { name: "TimeoutError" },
);

describe("whether a launch may have happened", () => {
  it("says that AWS was not reached only if no connection was established", () => {
    expect(cloudError(CONNECT_TIMEOUT, CONTEXT)).toMatchObject({
      message: expect.stringContaining("AWS cannot be reached (@smithy/node-http-handler"),
      metadata: { sent: false },
    });
    const silent = cloudError(SILENT_ANSWER, CONTEXT);
    expect(silent.message).toContain("no complete answer arrived");
    expect(silent.metadata).not.toHaveProperty("sent");
  });

  it.each<readonly [string, unknown, boolean]>([
    ["a reset", connectionFailure("ECONNRESET"), true],
    ["a time-out", Object.assign(new Error("over"), { name: "TimeoutError" }), true],
    ["a connection that was not established in time", CONNECT_TIMEOUT, false],
    ["a silent answer", SILENT_ANSWER, true],
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
    ["a refusal with a server's status", refusal("Unsupported", 500), false],
    ["no connection", connectionFailure("ECONNREFUSED"), false],
    ["no address", Object.assign(new Error("none"), { name: "EndpointError" }), false],
    ["a call that an emulation lacks", refusal("InternalFailure", 501), false],
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
