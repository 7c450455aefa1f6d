import { describe, expect, it } from "vitest";
import { EngineReplyFailure } from "../../../../../adapters/docker/errors/engine-failure.ts";
import { engineError, pullStreamError } from "../../../../../adapters/docker/errors/errors.ts";

function context() {
  const operation = "pull" as const;
  return { operation, engine: "unix:///engine.sock", subject: "image registry.test/x" };
}

const REGISTRY = "Get https://registry.test:5000/v2/";

/** Words of the engine in a pull's stream or in an HTTP 404 or 500 to the pull. */
const PULLS = [
  [
    `${REGISTRY}x/manifests/1: unauthorized: authentication required`,
    "REGISTRY_UNAUTHENTICATED",
    "never",
  ],
  [
    `Head "https://registry.test/v2/x/manifests/1": no basic auth credentials`,
    "REGISTRY_UNAUTHENTICATED",
    "never",
  ],
  [
    "pull access denied for x, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
    "REGISTRY_PERMISSION_DENIED",
    "never",
  ],
  [
    "manifest for registry.test:5000/x@sha256:aa not found: manifest unknown: manifest unknown",
    "IMAGE_NOT_FOUND",
    "never",
  ],
  ["unknown blob", "IMAGE_NOT_FOUND", "never"],
  [
    "repository registry.test:5000/x not found: name unknown: repository name not known to registry",
    "IMAGE_NOT_FOUND",
    "never",
  ],
  [
    "no matching manifest for linux/arm64/v8 in the manifest list entries",
    "PLATFORM_NOT_FOUND",
    "never",
  ],
  [
    "toomanyrequests: You have reached your pull rate limit. You may increase the limit by authenticating",
    "REGISTRY_RATE_LIMITED",
    "same-token",
  ],
  [
    `${REGISTRY}: dial tcp 127.0.0.1:5000: connect: connection refused`,
    "REGISTRY_UNAVAILABLE",
    "same-token",
  ],
  [
    `${REGISTRY}: dial tcp: lookup registry.test: no such host`,
    "REGISTRY_UNAVAILABLE",
    "same-token",
  ],
  [`${REGISTRY}: net/http: TLS handshake timeout`, "REGISTRY_UNAVAILABLE", "same-token"],
  ["unexpected EOF", "REGISTRY_UNAVAILABLE", "same-token"],
  [
    "received unexpected HTTP status: 503 Service Unavailable",
    "REGISTRY_UNAVAILABLE",
    "same-token",
  ],
  [`${REGISTRY}: x509: certificate signed by unknown authority`, "REGISTRY_PROTOCOL", "never"],
  [`${REGISTRY}: http: server gave HTTP response to HTTPS client`, "REGISTRY_PROTOCOL", "never"],
  [
    "write /var/lib/docker/tmp/GetImageBlob1: no space left on device",
    "ENGINE_DISK_FULL",
    "next-candidate",
  ],
  ["filesystem layer verification failed for digest sha256:aa", "DIGEST_MISMATCH", "never"],
  ["image verification failed for digest sha256:aa", "DIGEST_MISMATCH", "never"],
  ["Cannot overwrite digest sha256:aa", "DIGEST_MISMATCH", "never"],
  ['Encountered remote "application/x"(unknown) when fetching', "MEDIA_TYPE_UNSUPPORTED", "never"],
  ["something nobody has seen", "PULL_FAILED", "never"],
] as const;

describe("errors of pulls", () => {
  it.each(PULLS)("inside the stream: %s", (words, reason, retry) => {
    expect(pullStreamError(words, context())).toMatchObject({ reason, retry });
  });

  it.each(PULLS)("as an answer of HTTP 500: %s", (words, reason, retry) => {
    const error = engineError(new EngineReplyFailure(500, words), context());
    expect(error).toMatchObject({ reason, retry });
    expect(error.remedy).not.toBeNull();
  });

  it("are not misled by what the image is called", () => {
    const name = "registry.test/no-space-left-on-device/denied";
    const words = `manifest for ${name} not found: manifest unknown`;
    expect(pullStreamError(words, context()).reason).toBe("IMAGE_NOT_FOUND");
  });
});
