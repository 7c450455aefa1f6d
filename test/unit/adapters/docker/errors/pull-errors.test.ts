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
  // https://github.com/moby/moby/issues/44909, https://github.com/LemmyNet/lemmy/issues/1632
  [
    "failed to register layer: rename /var/lib/docker/image/overlay2/layerdb/tmp/write-set-1 /var/lib/docker/image/overlay2/layerdb/sha256/aa: file exists",
    "ENGINE_HOST_FAULT",
    "next-candidate",
  ],
  [
    "failed to register layer: open /var/lib/docker/overlay2/aa/committed: no such file or directory",
    "ENGINE_HOST_FAULT",
    "next-candidate",
  ],
  // The image's own layer.
  [
    "failed to register layer: ApplyLayer exit status 1 stdout:  stderr: link /a /b: no such file or directory",
    "PULL_FAILED",
    "never",
  ],
  [
    'failed to register layer: failed to Lchown "/x" for UID 718322462, GID 454177323 (try increasing the number of subordinate IDs in /etc/subuid and /etc/subgid): lchown /x: invalid argument',
    "ENGINE_HOST_FAULT",
    "next-candidate",
  ],
  // https://github.com/rootless-containers/usernetes/issues/311
  [
    'failed to extract layer sha256:b51c: mount callback failed on /var/lib/containerd/tmpmounts/containerd-mount1: failed to Lchown "/x" for UID 1185200044, GID 1185200044: lchown /x: invalid argument (Hint: try increasing the number of subordinate IDs in /etc/subuid and /etc/subgid): unknown',
    "ENGINE_HOST_FAULT",
    "next-candidate",
  ],
  ["failed to copy: context canceled", "REGISTRY_UNAVAILABLE", "same-token"],
  ["layers from manifest don't match image configuration", "IMAGE_INVALID", "never"],
  [
    "initializing image from source docker://r.test/x: unsupported schema version 2",
    "MEDIA_TYPE_UNSUPPORTED",
    "never",
  ],
  [
    "unexpected media type application/json for sha256:aa: not found",
    "MEDIA_TYPE_UNSUPPORTED",
    "never",
  ],
  [
    'initializing image from source docker://r.test/x: unsupported docker v2s2 media type: "application/vnd.oci.image.layer.v1.tar+gzip"',
    "MEDIA_TYPE_UNSUPPORTED",
    "never",
  ],
  [
    'parsing image configuration: unsupported image-specific operation on artifact with type "application/json"',
    "MEDIA_TYPE_UNSUPPORTED",
    "never",
  ],
  ["something nobody has seen", "PULL_FAILED", "never"],
] as const;

const DOCKER_29 = 'unknown: failed to resolve reference "r.test/x@sha256:aa": ';
const HEAD = "unexpected status from HEAD request to https://r.test/v2/x/manifests/sha256:aa: ";
const PODMAN =
  "initializing source docker://r.test/x@sha256:aa: reading manifest sha256:aa in r.test/x: ";

/** Recorded from Docker 29 (containerd's image store) and Podman 4.3: words, reason, blast radius. */
const CONTAINERD_AND_PODMAN = [
  [
    "determining manifest MIME type for docker://r.test/x: Manifest does not match provided manifest digest sha256:00",
    "DIGEST_MISMATCH",
    "image",
  ],
  [`failed to resolve reference "r.test/x:1": r.test/x:1: not found`, "IMAGE_NOT_FOUND", "image"],
  [`${PODMAN}manifest unknown: manifest unknown`, "IMAGE_NOT_FOUND", "image"],
  [
    "failed to copy: httpReadSeeker: failed open: could not fetch content descriptor sha256:85 (application/vnd.oci.image.config.v1+json) from remote: not found",
    "IMAGE_NOT_FOUND",
    "image",
  ],
  [
    "parsing image configuration: Error fetching blob: invalid status code from registry 404 (Not Found)",
    "IMAGE_NOT_FOUND",
    "image",
  ],
  [`${DOCKER_29}${HEAD}401 Unauthorized`, "REGISTRY_UNAUTHENTICATED", "credential"],
  [
    `failed to resolve reference "r.test/x:1": pull access denied, repository does not exist or may require authorization: authorization failed: no basic auth credentials`,
    "REGISTRY_UNAUTHENTICATED",
    "credential",
  ],
  [
    "parsing image configuration: unable to retrieve auth token: invalid username/password: unauthorized: expired",
    "REGISTRY_UNAUTHENTICATED",
    "credential",
  ],
  [
    `failed to resolve reference "r.test/x:1": pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed`,
    "REGISTRY_PERMISSION_DENIED",
    "credential",
  ],
  [`${DOCKER_29}${HEAD}403 Forbidden`, "REGISTRY_PERMISSION_DENIED", "credential"],
  [
    "parsing image configuration: Error fetching blob: invalid status code from registry 403 (Forbidden)",
    "REGISTRY_PERMISSION_DENIED",
    "credential",
  ],
  [`${DOCKER_29}${HEAD}412 Precondition Failed`, "REGISTRY_REFUSED", "image"],
  [
    "unknown: current image with 7 vulnerabilities cannot be pulled due to configured policy",
    "REGISTRY_REFUSED",
    "image",
  ],
  [
    "error from registry: current image with 7 vulnerabilities cannot be pulled due to configured policy",
    "REGISTRY_REFUSED",
    "image",
  ],
  [
    "parsing image configuration: Error fetching blob: invalid status code from registry 412 (Precondition Failed)",
    "REGISTRY_REFUSED",
    "image",
  ],
  [
    "Source image rejected: Running image docker://r.test/x:1 is rejected by policy.",
    "PULL_FAILED",
    "zone",
  ],
  [`${DOCKER_29}${HEAD}429 Too Many Requests`, "REGISTRY_RATE_LIMITED", "credential"],
  [
    "error from registry: You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit",
    "REGISTRY_RATE_LIMITED",
    "credential",
  ],
  [
    "parsing image configuration: too many requests to registry",
    "REGISTRY_RATE_LIMITED",
    "credential",
  ],
  [`${DOCKER_29}${HEAD}503 Service Unavailable`, "REGISTRY_UNAVAILABLE", "zone"],
  [
    "parsing image configuration: Error fetching blob: invalid status code from registry 500 (Internal Server Error)",
    "REGISTRY_UNAVAILABLE",
    "zone",
  ],
  [
    'failed to resolve reference "r.test/x:1": failed to do request: Head "https://r.test/v2/x/manifests/1": dial tcp: lookup r.test on 10.0.0.2:53: no such host',
    "REGISTRY_UNAVAILABLE",
    "zone",
  ],
  [
    'initializing source docker://r.test/x:1: pinging container registry r.test: Get "https://r.test/v2/": dial tcp 127.0.0.1:9: connect: connection refused',
    "REGISTRY_UNAVAILABLE",
    "zone",
  ],
  [
    'Get "https://r.test/v2/": proxyconnect tcp: dial tcp 10.0.0.1:3128: i/o timeout',
    "REGISTRY_UNAVAILABLE",
    "zone",
  ],
  [
    'failed to resolve reference "r.test/x:1": failed to do request: Head "https://r.test/v2/x/manifests/1": tls: failed to verify certificate: x509: certificate signed by unknown authority',
    "REGISTRY_PROTOCOL",
    "zone",
  ],
  [
    'failed commit on ref "config-sha256:f3": commit failed: unexpected commit digest sha256:1e, expected sha256:f3: failed precondition',
    "DIGEST_MISMATCH",
    "image",
  ],
  [
    "parsing image configuration: Download config.json digest sha256:1e does not match expected sha256:f3",
    "DIGEST_MISMATCH",
    "image",
  ],
  [
    "no matching manifest for linux/arm64/v8 in the manifest list entries: no match for platform in manifest: not found",
    "PLATFORM_NOT_FOUND",
    "image",
  ],
  [
    'choosing an image from manifest list docker://r.test/x:1: no image found in manifest list for architecture "arm64", variant "v8", OS "linux"',
    "PLATFORM_NOT_FOUND",
    "image",
  ],
  [
    'not implemented: media type "application/vnd.docker.distribution.manifest.v1+prettyjws" is no longer supported since containerd v2.1, please rebuild the image as "application/vnd.docker.distribution.manifest.v2+json"',
    "MEDIA_TYPE_UNSUPPORTED",
    "image",
  ],
  [
    "[DEPRECATION NOTICE] Docker Image Format v1 and Docker Image manifest version 2, schema 1 support is disabled by default and will be removed in an upcoming release.",
    "MEDIA_TYPE_UNSUPPORTED",
    "image",
  ],
  [
    "copying system image from manifest list: decrypting layer sha256:aa: missing private key needed for decryption",
    "MEDIA_TYPE_UNSUPPORTED",
    "image",
  ],
  [
    'failed to extract layer (application/vnd.oci.image.layer.v1.tar+gzip sha256:aa) to overlayfs as "extract-1 sha256:bb": write /var/lib/containerd/x: no space left on device',
    "ENGINE_DISK_FULL",
    "zone",
  ],
  [
    "failed to register layer: lchown /etc/shadow: operation not permitted",
    "ENGINE_HOST_FAULT",
    "zone",
  ],
  ["page not found", "PULL_FAILED", "request"],
] as const;

/** References and paths that contain the words of another failure. */
const MISLEADING = [
  [
    "manifest for r.test/denied/toomanyrequests:unauthorized not found: manifest unknown",
    "IMAGE_NOT_FOUND",
  ],
  [
    'failed to resolve reference "r.test/denied:429": r.test/denied:429: not found',
    "IMAGE_NOT_FOUND",
  ],
  [
    'Get "https://r.test/v2/unauthorized/manifests/not-found": net/http: TLS handshake timeout',
    "REGISTRY_UNAVAILABLE",
  ],
  ["error from registry: the words denied and not found mean nothing here", "REGISTRY_REFUSED"],
] as const;

describe("errors of pulls", () => {
  it.each(CONTAINERD_AND_PODMAN)("as Docker 29 and Podman say it: %s", (words, reason, radius) => {
    const error = pullStreamError(words, context());
    expect(error).toMatchObject({ reason, blastRadius: radius });
    expect(error.message).toContain(words);
  });

  it.each(MISLEADING)("are read by parts, not by words: %s", (words, reason) => {
    expect(pullStreamError(words, context()).reason).toBe(reason);
  });

  it("have a status where Docker 29 leaves out the registry's code", () => {
    const words = "error from registry: this robot may not";
    const judge = (status: number) =>
      engineError(new EngineReplyFailure(status, words), context()).reason;
    expect([401, 403, 500].map(judge)).toEqual([
      "REGISTRY_UNAUTHENTICATED",
      "REGISTRY_PERMISSION_DENIED",
      "REGISTRY_REFUSED",
    ]);
  });

  it("are an engine's that has no such call", () => {
    const error = engineError(new EngineReplyFailure(404, "page not found"), context());
    expect(error).toMatchObject({ reason: "ENGINE_UNSUPPORTED", blastRadius: "zone" });
  });

  it.each(PULLS)("inside the stream: %s", (words, reason, retry) => {
    expect(pullStreamError(words, context())).toMatchObject({ reason, retry });
  });

  it.each(PULLS)("as an answer of HTTP 500: %s", (words, reason, retry) => {
    const error = engineError(new EngineReplyFailure(500, words), context());
    expect(error).toMatchObject({ reason, retry });
    expect(error.remedy).not.toBeNull();
  });

  it.each([
    "open /mnt/sda1/var/lib/docker/tmp/GetImageBlob503175633: read-only file system",
    "error creating temporary lease: write /var/lib/desktop-containerd/daemon/io.containerd.metadata.v1.bolt/meta.db: read-only file system",
    "write /var/lib/docker/tmp/GetImageBlob1: input/output error",
  ])("are those of the engine's disk: %s", (words) => {
    expect(pullStreamError(words, context())).toMatchObject({
      reason: "ENGINE_HOST_FAULT",
      blastRadius: "zone",
      remedy: expect.stringContaining("engine's host"),
    });
  });

  it.each([
    'error creating temporary lease: connection error: desc = "transport: Error while dialing dial unix /run/containerd/containerd.sock: connect: connection refused": unavailable',
    'connection error: desc = "transport: Error while dialing: dial unix:///run/containerd/containerd.sock: timeout": unavailable',
  ])("are not the registry's if containerd is gone: %s", (words) => {
    const failure = new EngineReplyFailure(500, words);
    for (const operation of ["pull", "create", "start"] as const)
      expect(engineError(failure, { ...context(), operation })).toMatchObject({
        reason: "ENGINE_UNAVAILABLE",
        remedy: expect.stringContaining("containerd"),
      });
  });

  it("are not taken for a defect of Slipway if no rule knows them", () => {
    expect(pullStreamError("something that no rule knows", context())).toMatchObject({
      code: "FAILED_PRECONDITION",
      reason: "PULL_FAILED",
      message: expect.stringContaining("something that no rule knows"),
    });
  });

  it("are not misled by what the image is called", () => {
    const name = "registry.test/no-space-left-on-device/denied";
    const words = `manifest for ${name} not found: manifest unknown`;
    expect(pullStreamError(words, context()).reason).toBe("IMAGE_NOT_FOUND");
  });
});
