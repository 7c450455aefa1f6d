import { describe, expect, it } from "vitest";
import { classifyNetworkFailure } from "../../../../src/oci/registry/network-failure.ts";

function failure(code: string): Error {
  return Object.assign(new Error("whatever it says"), { code });
}

describe("classifyNetworkFailure", () => {
  it.each([
    ["ECONNREFUSED", "the connection was refused", true, false],
    ["ECONNRESET", "the connection was reset", true, true],
    ["EAI_AGAIN", "its name cannot be resolved at the moment", true, false],
    ["ENOTFOUND", "its name cannot be resolved", false, false],
    ["ETIMEDOUT", "no answer came in time", false, true],
    ["CONNECT_TIMEOUT", "no connection was established in time", false, false],
    ["EHOSTUNREACH", "there is no route to it", true, false],
    ["ESOMETHING", "the connection failed", true, true],
  ])("classifies %s as an unreachable registry", (code, why, transient, sent) => {
    const unreachable = { kind: "unreachable", why, code, transient, sent };
    expect(classifyNetworkFailure(failure(code))).toEqual(unreachable);
  });

  it.each([
    ["DEPTH_ZERO_SELF_SIGNED_CERT", "self-signed"],
    ["CERT_HAS_EXPIRED", "expired"],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "another name"],
    ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "unknown authority"],
    ["CERT_STRICT_CHECKING", "TLS failed"],
    ["INVALID_PURPOSE", "not for a server"],
    ["INVALID_CA", "may not sign others"],
  ])("classifies %s as an untrusted certificate", (code, why) => {
    expect(classifyNetworkFailure(failure(code))).toEqual({
      kind: "certificate",
      why: expect.stringContaining(why),
      mend: code.startsWith("INVALID") ? "replace" : "trust",
    });
  });

  it.each([
    ["ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION", "TLS failed"],
    ["ERR_OSSL_PEM_NO_START_LINE", "TLS failed"],
  ])("classifies %s as a matter of TLS itself, not of trust", (code, why) => {
    expect(classifyNetworkFailure(failure(code))).toEqual({
      kind: "certificate",
      why: expect.stringContaining(why),
      mend: "settings",
    });
  });

  it.each([
    ["0A00042E", { kind: "certificate", why: "TLS failed (its words)", mend: "settings" }],
    ["0A000412", { kind: "certificate", why: "it demands a client certificate", mend: "present" }],
    ["0A00010B", { kind: "plain-http", why: "it does not speak TLS" }],
  ])("classifies EPROTO by OpenSSL's code: %s", (code, classified) => {
    const message = `write EPROTO 40AD:error:${code}:SSL routines:f:its words:file.c:1:`;
    const eproto = Object.assign(new Error(message), { code: "EPROTO" });
    expect(classifyNetworkFailure(eproto)).toEqual(classified);
  });

  it("keeps OpenSSL's words for what Node does not list", () => {
    const weak = Object.assign(new Error("CA signature digest algorithm too weak"), {
      code: "UNSPECIFIED",
    });
    expect(classifyNetworkFailure(weak)).toEqual({
      kind: "certificate",
      why: "TLS failed (CA signature digest algorithm too weak)",
      mend: "replace",
    });
  });

  it.each(["EPROTO", "ERR_SSL_WRONG_VERSION_NUMBER"])("classifies %s as a lack of TLS", (code) => {
    expect(classifyNetworkFailure(failure(code))).toMatchObject({ kind: "plain-http" });
  });

  it.each(["HPE_INVALID_CONSTANT", "UNEXPECTED_STATUS"])(
    "classifies %s as another protocol",
    (code) => {
      expect(classifyNetworkFailure(failure(code))).toMatchObject({ kind: "protocol" });
    },
  );

  it("reads the failures of several addresses", () => {
    const several = new AggregateError([failure("ECONNREFUSED"), failure("EHOSTUNREACH")]);
    expect(classifyNetworkFailure(several)).toMatchObject({ why: "the connection was refused" });
  });

  it.each([new TypeError("a defect"), "text", null, new AggregateError([])])(
    "does not classify a defect as a network failure: %s",
    (error) => {
      expect(classifyNetworkFailure(error)).toBeNull();
    },
  );
});
