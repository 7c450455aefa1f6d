import { SlipwayError, type ErrorReason, type JsonObject } from "../../errors.ts";
import type { RegistryCredential } from "../credential.ts";
import type { Repository } from "../reference.ts";
import type { Redactor } from "../../redaction/redactor.ts";

/** The subject of a request, for messages. */
export interface Subject {
  readonly kind: "manifest" | "blob";
  readonly repository: Repository;
  /** The requested content, in full: a reference, or `blob DIGEST of REPOSITORY`. */
  readonly name: string;
  readonly credential: RegistryCredential | null;
  /** Redacts the caller's secrets in the registry's messages. */
  readonly redactor: Redactor;
}

const INSECURE_REMEDY =
  "Give the registry a certificate, or declare it insecure in the engine's configuration (insecure-registries).";

/** @param details the registry's response if there was one, otherwise the caught error */
export function unavailable(
  subject: Subject,
  why: string,
  details: { readonly answer?: JsonObject; readonly cause?: unknown } = {},
): SlipwayError {
  return fault(subject, {
    code: "UNAVAILABLE",
    reason: "REGISTRY_UNAVAILABLE",
    why: `the registry ${subject.repository.registry} cannot be reached: ${why}`,
    remedy: "Check the registry's name, and whether it is reachable from here; then try again.",
    retry: "same-token",
    metadata: details.answer ?? {},
    cause: details.cause,
  });
}

export function certificateRefused(subject: Subject, why: string, cause: unknown): SlipwayError {
  return fault(subject, {
    code: "FAILED_PRECONDITION",
    reason: "REGISTRY_TLS",
    why: `the registry ${subject.repository.registry} is not trusted: ${why}`,
    remedy:
      "Make its certificate authority known by NODE_EXTRA_CA_CERTS or Docker's certs.d, or give it a valid certificate.",
    cause,
  });
}

export function plainHttpRefused(subject: Subject, cause: unknown): SlipwayError {
  return fault(subject, {
    code: "FAILED_PRECONDITION",
    reason: "REGISTRY_TLS",
    why: `the registry ${subject.repository.registry} does not speak TLS, and is not declared insecure`,
    remedy: INSECURE_REMEDY,
    cause,
  });
}

export function protocolFault(subject: Subject, why: string, cause?: unknown): SlipwayError {
  return fault(subject, {
    code: "UNAVAILABLE",
    reason: "REGISTRY_PROTOCOL",
    why: `the registry ${subject.repository.registry} violated the distribution specification: ${why}`,
    remedy: "Check that the host is a registry, and that no proxy responds in its place.",
    cause,
  });
}

export function redirectRefused(subject: Subject, why: string): SlipwayError {
  return fault(subject, {
    code: "FAILED_PRECONDITION",
    reason: "REDIRECT_REFUSED",
    why: `the registry ${subject.repository.registry} refers to an address that Slipway does not follow: ${why}`,
    remedy: "Ask the registry's operator about this address. Slipway sent nothing to it.",
  });
}

/** The error for a 401 of a redirect's target: Slipway answers only the registry's own challenges. */
export function foreignDemand(subject: Subject, origin: string): SlipwayError {
  const { registry } = subject.repository;
  const { host } = new URL(origin);
  return fault(subject, {
    code: "FAILED_PRECONDITION",
    reason: "REDIRECT_REFUSED",
    why: `the registry ${registry} redirects to ${host}, which demands a credential (status 401); a credential for ${registry} is sent to ${registry} alone`,
    remedy: `Ask the registry's operator why it redirects to ${host}, or name the image by ${host} with a credential for that host.`,
    metadata: { host, status: 401 },
  });
}

export function tooLarge(subject: Subject, limit: number): SlipwayError {
  return fault(subject, {
    code: "FAILED_PRECONDITION",
    reason: "MANIFEST_TOO_LARGE",
    why: `the registry's answer is larger than ${limit} bytes, more than any manifest or configuration may be`,
    remedy: "Push a container image: this name refers to something else.",
    blastRadius: "image",
    metadata: { limit_bytes: limit },
  });
}

export function sizeMismatch(
  subject: Subject,
  sizes: { readonly expected: number; readonly actual: number },
): SlipwayError {
  return fault(subject, {
    code: "FAILED_PRECONDITION",
    reason: "MANIFEST_INVALID",
    why: `the manifest states ${sizes.expected} bytes, but the content has ${sizes.actual}`,
    remedy: "Push the image again.",
    blastRadius: "image",
    metadata: { expected_bytes: sizes.expected, actual_bytes: sizes.actual },
  });
}

export function notAuthenticated(
  subject: Subject,
  details: { readonly why?: string; readonly answer?: JsonObject } = {},
): SlipwayError {
  const { registry } = subject.repository;
  const anonymous = subject.credential === null;
  const origin = subject.credential?.origin;
  return fault(subject, {
    code: "UNAUTHENTICATED",
    reason: "REGISTRY_UNAUTHENTICATED",
    why:
      details.why ??
      (anonymous
        ? `the registry ${registry} requires a credential, and none is available`
        : `the registry ${registry} refused the credential${origin === undefined ? "" : ` of ${origin}`}`),
    remedy: anonymous
      ? `Store a pull secret for ${registry} and name it in the image record, or log in with docker login ${registry}.`
      : `Check the user name and the password or token that ${origin === undefined ? "are stored" : `${origin} has`} for ${registry}, and whether they have expired.`,
    blastRadius: "credential",
    metadata: details.answer ?? {},
  });
}

export function notPermitted(subject: Subject, answer: JsonObject): SlipwayError {
  const { registry, repository } = subject.repository;
  const who = subject.credential === null ? "Anonymous callers" : "The credential";
  return fault(subject, {
    code: "PERMISSION_DENIED",
    reason: "REGISTRY_PERMISSION_DENIED",
    why: `the registry ${registry} does not let ${subject.credential === null ? "anonymous callers" : "this credential"} pull ${repository}`,
    remedy: `${who} may not pull it: give it the right to, use another credential, or check the name (registries say the same of a repository that does not exist).`,
    blastRadius: "credential",
    metadata: answer,
  });
}

export function notFound(subject: Subject, answer: JsonObject): SlipwayError {
  const { registry } = subject.repository;
  return fault(subject, {
    code: "NOT_FOUND",
    reason: "IMAGE_NOT_FOUND",
    why:
      subject.kind === "manifest"
        ? `the registry ${registry} has no such image`
        : `the registry ${registry} does not have it, although the manifest names it`,
    remedy:
      "Check repository, tag and digest; a private repository may look absent to a credential that cannot read it.",
    blastRadius: "image",
    metadata: answer,
  });
}

export function rateLimited(subject: Subject, answer: JsonObject): SlipwayError {
  const after = answer["retry_after_seconds"];
  return fault(subject, {
    code: "RESOURCE_EXHAUSTED",
    reason: "REGISTRY_RATE_LIMITED",
    why: `the registry ${subject.repository.registry} limits how often images are pulled`,
    remedy: `Try again ${typeof after === "number" ? `in ${after} seconds` : "later"}${subject.credential === null ? ", or use a credential: anonymous pulls have the lowest limit" : ""}.`,
    blastRadius: "credential",
    retry: "same-token",
    metadata: answer,
  });
}

function fault(
  subject: Subject,
  details: {
    readonly code: SlipwayError["code"];
    readonly reason: ErrorReason;
    readonly why: string;
    readonly remedy: string;
    readonly blastRadius?: SlipwayError["blastRadius"];
    readonly retry?: SlipwayError["retry"];
    readonly metadata?: JsonObject;
    readonly cause?: unknown;
  },
): SlipwayError {
  const { why, metadata, ...rest } = details;
  const { registry, repository } = subject.repository;
  return new SlipwayError({
    ...rest,
    message: `${subject.name}: ${why}`,
    metadata: { ...metadata, registry, repository },
  });
}
