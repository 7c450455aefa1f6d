import { describe, expect, it } from "vitest";
import {
  EngineConnectionFailure,
  EngineReplyFailure,
} from "../../../../../adapters/docker/errors/engine-failure.ts";
import { engineError } from "../../../../../adapters/docker/errors/errors.ts";
import type { EngineOperation } from "../../../../../adapters/docker/errors/errors.ts";

const OPENSSL = "write EPROTO 40AD:error:";

function judge(failure: Error, operation: EngineOperation = "info") {
  return engineError(failure, { operation, engine: "tcp://engine.test:2376", subject: "itself" });
}

describe("TLS with an engine", () => {
  it.each([
    [
      "EPROTO",
      `${OPENSSL}0A00010B:SSL routines:f:wrong version number:x.c:1:`,
      "Unset DOCKER_TLS_VERIFY",
    ],
    ["EPROTO", "write EPROTO", "Unset DOCKER_TLS_VERIFY"],
    ["ERR_SSL_WRONG_VERSION_NUMBER", "wrong version number", "Unset DOCKER_TLS_VERIFY"],
    ["EPROTO", `${OPENSSL}0A000412:SSL routines:f:bad certificate:x.c:1:`, "cert.pem, key.pem"],
    ["ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED", "certificate required", "cert.pem, key.pem"],
    ["EPROTO", `${OPENSSL}0A000410:SSL routines:f:handshake failure:x.c:1:`, "TLS settings"],
    ["ERR_SSL_NO_CIPHERS_AVAILABLE", "no ciphers", "TLS settings"],
    ["DEPTH_ZERO_SELF_SIGNED_CERT", "self-signed certificate", "(ca.pem)"],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "altnames", "name the engine as its certificate does"],
    ["ERR_OSSL_PEM_NO_START_LINE", "no start line", "they are not PEM"],
  ])("that fails by %s (%s) is a matter of its keys", (code, words, remedy) => {
    expect(judge(new EngineConnectionFailure({ code, sent: false, words }))).toMatchObject({
      code: "FAILED_PRECONDITION",
      reason: "ENGINE_CONFIGURATION_INVALID",
      message: expect.stringMatching(
        /^no TLS with the Docker engine at tcp:\/\/engine\.test:2376: /,
      ),
      remedy: expect.stringContaining(remedy),
      blastRadius: "zone",
      retry: "never",
    });
  });

  it.each(["ECONNREFUSED", "ECONNRESET", "ENOENT"])("has not failed by %s", (code) => {
    expect(judge(new EngineConnectionFailure({ code, sent: false, words: "x" }))).toMatchObject({
      code: "UNAVAILABLE",
      reason: "ENGINE_UNAVAILABLE",
    });
  });

  // https://github.com/docker-library/docker/issues/170
  it("is missing if the engine answers a plain request with 400", () => {
    const words = "Client sent an HTTP request to an HTTPS server.";
    expect(judge(new EngineReplyFailure(400, words))).toMatchObject({
      code: "FAILED_PRECONDITION",
      reason: "ENGINE_CONFIGURATION_INVALID",
      remedy: expect.stringContaining("set DOCKER_TLS_VERIFY=1"),
    });
    // Another program's words are only repeated.
    expect(judge(new EngineReplyFailure(400, `x: ${words}`)).reason).toBe("ENGINE_ERROR");
  });
});

// https://github.com/Tecnativa/docker-socket-proxy/issues/114
it.each(["info", "create", "start", "pull", "inspect"] as const)(
  "a web page with 403 for %s is that of a proxy before the engine",
  (operation) => {
    const page =
      "<html><body><h1>403 Forbidden</h1>\nRequest forbidden by administrative rules.\n</body></html>";
    expect(judge(new EngineReplyFailure(403, page), operation)).toMatchObject({
      code: "PERMISSION_DENIED",
      reason: "ENGINE_UNAVAILABLE",
      remedy: expect.stringContaining("proxy before the engine"),
      blastRadius: "zone",
    });
  },
);
