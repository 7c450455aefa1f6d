import { ANY_OPERATION, DISK_FULL, ENGINE_BUSY } from "./error-rules.ts";
import type { EngineRule } from "./error-rules.ts";

/**
 * Errors of pulls. The engine reports them as a line of the progress stream after HTTP 200, or as HTTP 404 or 500
 * with the registry's message. One table covers both.
 */
export const PULL_RULES: readonly EngineRule[] = [
  {
    operations: ANY_OPERATION,
    words: /no space left on device|disk quota exceeded/i,
    verdict: DISK_FULL,
  },
  {
    operations: ANY_OPERATION,
    words: /toomanyrequests|too many requests|rate limit/i,
    verdict: {
      code: "RESOURCE_EXHAUSTED",
      reason: "REGISTRY_RATE_LIMITED",
      remedy:
        "Wait for the registry's limit to pass, or pull with a credential that has a higher one.",
      blastRadius: "credential",
      retry: "same-token",
    },
  },
  {
    operations: ANY_OPERATION,
    words: /unauthorized|authentication required|no basic auth credentials/i,
    verdict: {
      code: "UNAUTHENTICATED",
      reason: "REGISTRY_UNAUTHENTICATED",
      remedy: "Replace the pull secret with a credential that this registry accepts.",
      blastRadius: "credential",
    },
  },
  {
    operations: ANY_OPERATION,
    words: /\bdenied\b|forbidden/i,
    verdict: {
      code: "PERMISSION_DENIED",
      reason: "REGISTRY_PERMISSION_DENIED",
      remedy:
        "Give the pull credential read access to this repository, or correct the repository's name.",
      blastRadius: "credential",
    },
  },
  {
    operations: ANY_OPERATION,
    words: /no matching manifest|no match for platform|does not match the specified platform/i,
    verdict: {
      code: "FAILED_PRECONDITION",
      reason: "PLATFORM_NOT_FOUND",
      remedy: "Push the image for this platform, or ask for a platform that it has.",
      blastRadius: "image",
    },
  },
  {
    operations: ANY_OPERATION,
    words:
      /verification failed|failed to verify|unexpected (?:commit )?digest|digest mismatch|cannot overwrite digest/i,
    verdict: {
      code: "FAILED_PRECONDITION",
      reason: "DIGEST_MISMATCH",
      remedy:
        "Push the image again, or look for a proxy or mirror that changes the registry's responses.",
      blastRadius: "image",
    },
  },
  {
    operations: ANY_OPERATION,
    words:
      /manifest unknown|name unknown|repository name not known|blob unknown|unknown blob|not found/i,
    verdict: {
      code: "NOT_FOUND",
      reason: "IMAGE_NOT_FOUND",
      remedy: "Push the image again, then resolve the workspace again.",
      blastRadius: "image",
    },
  },
  {
    operations: ANY_OPERATION,
    words: /media ?type|unsupported manifest|Encountered remote/i,
    verdict: {
      code: "FAILED_PRECONDITION",
      reason: "MEDIA_TYPE_UNSUPPORTED",
      remedy: "Push the image in a format that this engine reads.",
      blastRadius: "image",
    },
  },
  {
    operations: ANY_OPERATION,
    words: /x509|HTTP response to HTTPS client|malformed HTTP|tls: /i,
    verdict: {
      code: "FAILED_PRECONDITION",
      reason: "REGISTRY_PROTOCOL",
      remedy:
        "Give the engine the registry's certificate authority (certs.d), or list the registry in its insecure-registries.",
      blastRadius: "zone",
    },
  },
  {
    operations: ANY_OPERATION,
    words:
      /connection re(?:fused|set)|no such host|server misbehaving|timeout|timed out|deadline exceeded|request canceled|unreachable|\bEOF\b|service unavailable|bad gateway|internal server error|received unexpected HTTP status: 5|proxyconnect/i,
    verdict: {
      code: "UNAVAILABLE",
      reason: "REGISTRY_UNAVAILABLE",
      remedy: "Check that the engine's own host can reach the registry, then spawn again.",
      blastRadius: "zone",
      retry: "same-token",
    },
  },
  {
    operations: ANY_OPERATION,
    statuses: [429, 502, 503, 504],
    verdict: ENGINE_BUSY,
  },
];
