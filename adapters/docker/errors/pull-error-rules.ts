import {
  API_VERSION,
  CONTAINERD_GONE,
  DISK_FULL,
  ENGINE_BUSY,
  FORBIDDEN_BY_PROXY,
  hostFault,
  NOT_AN_ENGINE,
  THIN_POOL_FULL,
} from "./error-rules.ts";
import type { EngineRule, EngineVerdict } from "./error-rules.ts";

/**
 * Errors of pulls. The engine reports them as a line of the progress stream after HTTP 200, or as HTTP 403, 404 or 500
 * with the registry's message. One table covers both, for Docker 20.10 to 28 (the registry's `code: message`), Docker 29
 * (containerd's `unexpected status from HEAD request to …: 412 Precondition Failed`) and Podman (`reading manifest …`).
 * Each part of the message between colons is compared as a whole: a repository called `denied` decides nothing.
 */

const RATE_LIMITED: EngineVerdict = {
  code: "RESOURCE_EXHAUSTED",
  reason: "REGISTRY_RATE_LIMITED",
  remedy: "Wait for the registry's limit to pass, or pull with a credential that has a higher one.",
  blastRadius: "credential",
  retry: "same-token",
};

const UNAUTHENTICATED: EngineVerdict = {
  code: "UNAUTHENTICATED",
  reason: "REGISTRY_UNAUTHENTICATED",
  remedy: "Give the image a pull secret with a credential that this registry accepts.",
  blastRadius: "credential",
};

const DENIED: EngineVerdict = {
  code: "PERMISSION_DENIED",
  reason: "REGISTRY_PERMISSION_DENIED",
  remedy:
    "Give the pull credential read access to this repository, or correct the repository's name.",
  blastRadius: "credential",
};

const MEDIA_TYPE: EngineVerdict = {
  code: "FAILED_PRECONDITION",
  reason: "MEDIA_TYPE_UNSUPPORTED",
  remedy: "Push the image in a format that this engine reads.",
  blastRadius: "image",
};

const UNREACHABLE: EngineVerdict = {
  code: "UNAVAILABLE",
  reason: "REGISTRY_UNAVAILABLE",
  remedy: "Check that the engine's own host can reach the registry, then spawn again.",
  blastRadius: "zone",
  retry: "same-token",
};

/** The registry answered well and said no. */
const REFUSED: EngineVerdict = {
  code: "FAILED_PRECONDITION",
  reason: "REGISTRY_REFUSED",
  remedy: "Do what the registry's message asks for; the registry refuses this image.",
  blastRadius: "image",
};

export const PULL_RULES: readonly EngineRule[] = [
  NOT_AN_ENGINE,
  FORBIDDEN_BY_PROXY,
  API_VERSION,
  { lastLink: /^(?:no space left on device|disk quota exceeded)$/i, verdict: DISK_FULL },
  { anyLink: THIN_POOL_FULL, verdict: DISK_FULL },
  CONTAINERD_GONE,
  {
    // Errors of the kernel that no registry sends.
    lastLink:
      /^(?:read-only file system|input\/output error|structure needs cleaning|too many open files(?: in system)?)$/i,
    verdict: hostFault(
      "Repair the disk or the file system of the engine's host that the message names, then restart the engine.",
    ),
  },
  {
    // containers/image: https://github.com/containers/image/blob/main/docs/containers-policy.json.5.md
    anyLink: /^Source image rejected$/,
    verdict: {
      ...hostFault(
        "Allow the image in the signature policy of the engine's host (policy.json), or sign it as that policy demands.",
      ),
      reason: "PULL_FAILED",
    },
  },
  {
    cause: /^authorization denied by plugin /,
    verdict: {
      code: "PERMISSION_DENIED",
      reason: "ENGINE_UNAVAILABLE",
      remedy: "An authorization plugin of the engine forbids pulls: ask its administrator.",
      blastRadius: "zone",
    },
  },
  {
    anyLink:
      /^(?:toomanyrequests|429 Too Many Requests.*|too many requests(?: to registry)?|invalid status code from registry 429 \(.*\))$/,
    verdict: RATE_LIMITED,
  },
  {
    // Messages of Docker Hub, ECR and GitHub, which Docker 29 passes on without their code.
    anyLink:
      /^(?:You have reached your (?:unauthenticated )?pull rate limit\..*|Rate exceeded|retry-after)$/,
    verdict: RATE_LIMITED,
  },
  {
    anyLink:
      /^(?:unauthorized|authentication required|no basic auth credentials|401 Unauthorized.*|invalid status code from registry 401 \(.*\))$/,
    verdict: UNAUTHENTICATED,
  },
  {
    anyLink:
      /^(?:denied|pull access denied(?: for \S+)?, repository does not exist or may require .+|requested access to the resource is denied|insufficient_scope|403 Forbidden.*|invalid status code from registry 403 \(.*\))$/,
    verdict: DENIED,
  },
  {
    anyLink:
      /^(?:no matching manifest for .+ in the manifest list entries|no match for platform in manifest.*|no (?:matching )?image found in (?:manifest list|image index) for architecture .+|image with reference \S+ was found but .+ (?:the specified|any) platform.*)$/,
    verdict: {
      code: "FAILED_PRECONDITION",
      reason: "PLATFORM_NOT_FOUND",
      remedy: "Push the image for this platform, or ask for a platform that it has.",
      blastRadius: "image",
    },
  },
  {
    anyLink:
      /^(?:(?:filesystem layer|image|image config|manifest) verification failed for digest \S+|Manifest does not match provided manifest digest \S+|unexpected commit digest \S+, expected \S+|Cannot overwrite digest \S+|Download config\.json digest \S+ does not match expected \S+|Digest did not match, expected \S+, got \S+|digest invalid|failed size validation)$/i,
    verdict: {
      code: "FAILED_PRECONDITION",
      reason: "DIGEST_MISMATCH",
      remedy:
        "Push the image again, or look for a proxy or mirror that changes the registry's responses.",
      blastRadius: "image",
    },
  },
  {
    anyLink:
      /^(?:unsupported (?:media|manifest media|manifest) ?type.*|media type "" .+|Encountered remote ""\(.*\) when fetching|mediaType in manifest should be .+|\[DEPRECATION NOTICE\] .+|unsupported manifest format.*|missing signature key|unexpected media type .+ for \S+|unsupported schema version \d+|unsupported docker v2s2 media type|unsupported image-specific operation on artifact with type ""|Target\.MediaType must be set|failed to get stream processor for \S+|no processor for media-type.*|missing private key needed for decryption|(?:Error )?decrypting layer \S+)$/i,
    verdict: MEDIA_TYPE,
  },
  {
    anyLink:
      /^(?:invalid rootfs in image configuration|mismatched (?:image )?rootfs and manifest layers|layers from manifest don't match image configuration|invalid tar header|zstd|gzip)$/,
    verdict: {
      ...MEDIA_TYPE,
      reason: "IMAGE_INVALID",
      remedy: "Build and push the image again: its layers or its configuration are damaged.",
    },
  },
  {
    anyLink:
      /^(?:manifest unknown|name unknown|repository name not known to registry|blob unknown|unknown blob|not found|manifest for \S+ not found|repository \S+ not found|404 Not Found.*|invalid status code from registry 404 \(.*\))$/,
    verdict: {
      code: "NOT_FOUND",
      reason: "IMAGE_NOT_FOUND",
      remedy: "Push the image again, then resolve the workspace again.",
      blastRadius: "image",
    },
    // Docker 29 also answers so if it loses the connection to the registry.
    isUnclear: true,
  },
  {
    anyLink:
      /^(?:x509|tls|remote error|server gave HTTP response to HTTPS client|malformed HTTP .+|first record does not look like a TLS handshake)$/,
    verdict: {
      code: "FAILED_PRECONDITION",
      reason: "REGISTRY_PROTOCOL",
      remedy:
        "Give the engine the registry's certificate authority (certs.d), or list the registry as insecure (insecure-registries of Docker's daemon.json, registries.conf of Podman).",
      blastRadius: "zone",
    },
  },
  {
    // Go's words for a proxy that refuses to connect: the status text of its answer to CONNECT, without a number.
    anyLink:
      /^(?:proxyconnect tcp|Proxy Authentication Required|Forbidden|Bad Gateway|Gateway Timeout|Service Unavailable)$/,
    verdict: {
      ...UNREACHABLE,
      remedy:
        "Correct the proxy that the engine uses (its proxies settings, or HTTPS_PROXY and NO_PROXY).",
    },
  },
  {
    // The engine's own store is damaged. What an image's layer does wrong comes after another step, such as ApplyLayer.
    // https://github.com/moby/moby/issues/44909
    cause:
      /^failed to register layer: (?:open|rename|l?stat|mkdir|symlink) \/.+: (?:file exists|directory not empty|no such file or directory)$/,
    verdict: hostFault(
      "Repair the image store of the engine's host: remove the damaged layer that the message names, or the engine's data folder, and restart the engine.",
    ),
  },
  {
    anyLink: /^(?:failed to register layer|failed to extract layer .+|adding layer with blob .+)$/,
    lastLink:
      /^(?:permission denied|operation not (?:permitted|supported)|read-only file system|input\/output error|too many open files|invalid argument|no such device|exit status \d+|Check \/etc\/subuid and \/etc\/subgid.*|try increasing the number of subordinate IDs .*)$/i,
    verdict: hostFault(
      "Let the engine's host unpack layers: check its storage driver, its disk, and for a rootless engine the ids of /etc/subuid and /etc/subgid.",
    ),
  },
  {
    anyLink:
      /^(?:connection (?:refused|reset by peer|timed out)|no such host|server misbehaving|Temporary failure in name resolution|i\/o timeout|operation timed out|TLS handshake timeout|context (?:deadline exceeded.*|canceled)|request canceled.*|network is unreachable|no route to host|broken pipe|use of closed network connection|(?:unexpected )?EOF|unavailable|5\d\d \w.*|error parsing HTTP 5\d\d response body|invalid status code from registry 5\d\d \(.*\))$/,
    verdict: UNREACHABLE,
  },
  {
    anyLink:
      /^(?:4\d\d [A-Z][a-z].*|error parsing HTTP 4\d\d response body|invalid status code from registry 4\d\d \(.*\))$/,
    verdict: REFUSED,
  },
  { statuses: [401], verdict: UNAUTHENTICATED },
  { statuses: [403], verdict: DENIED },
  {
    // Docker 29 passes on the registry's message without its code and status.
    anyLink: /^error from registry$/,
    verdict: REFUSED,
    isUnclear: true,
  },
  {
    // The code of an error that the engine does not know, such as Harbor's PROJECTPOLICYVIOLATION, and its message.
    cause: /^(?:error pulling image configuration: download failed after attempts=\d+: )?unknown: /,
    verdict: REFUSED,
    isUnclear: true,
  },
  { statuses: [429, 502, 503, 504], verdict: ENGINE_BUSY },
];
