import { SlipwayError, type ErrorReason, type JsonObject, UNSENT } from "../../errors.ts";
import type { RegistryCredential } from "../credential.ts";
import type { RefusalEntry } from "./error-document.ts";
import type { CertificateMend } from "./network-failure.ts";
import type { Repository } from "../reference.ts";
import type { ProxyFailure } from "../../proxy/proxy-failure.ts";
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

/** An unsuccessful response, for messages. */
export interface Answer {
  readonly status: number;
  readonly entries: readonly RefusalEntry[];
  /** The host that sent it if that is not the one that was asked first (a redirect's target); otherwise null. */
  readonly from: string | null;
  readonly metadata: JsonObject;
}

/** A request without a response. */
interface Unanswered {
  readonly host?: string;
  readonly code?: string;
  /** False if no connection was established. Default: unknown. */
  readonly sent?: boolean;
  readonly cause?: unknown;
}

/** The error of a host that sent no response. */
export function unavailable(subject: Subject, why: string, details: Unanswered = {}): SlipwayError {
  const { host, code } = details;
  const { registry } = subject.repository;
  const at = host === undefined || host === registry ? "" : `${host}: `;
  return fault(subject, {
    code: "UNAVAILABLE",
    reason: "REGISTRY_UNAVAILABLE",
    why: `the registry ${registry} cannot be reached: ${at}${why}${code === undefined ? "" : ` (${code})`}`,
    remedy: "Check the registry's name, and whether it is reachable from here; then try again.",
    retry: "same-token",
    metadata: {
      ...(host === undefined ? {} : { host }),
      ...(code === undefined ? {} : { system_error: code }),
      ...(details.sent === false ? UNSENT : {}),
    },
    cause: details.cause,
  });
}

/** The error of a registry that answers, but not with content: maintenance, overload, a defect. */
export function overloaded(subject: Subject, answer: Answer): SlipwayError {
  return fault(subject, {
    code: "UNAVAILABLE",
    reason: "REGISTRY_UNAVAILABLE",
    why: `${sender(subject, answer)} cannot answer at the moment: ${said(answer)}`,
    remedy: `Try again ${waitOf(answer)}; if it continues, ask the registry's operator.`,
    retry: "same-token",
    metadata: answer.metadata,
  });
}

/**
 * The error of a registry, or its token service, that answered well and said no: a policy, a withdrawn image, an
 * unsupported request.
 */
export function refused(subject: Subject, answer: Answer, tokenService?: string): SlipwayError {
  const who =
    tokenService === undefined ? sender(subject, answer) : serviceName(subject, tokenService);
  return fault(subject, {
    code: "FAILED_PRECONDITION",
    reason: "REGISTRY_REFUSED",
    why: `${who} refused the request: ${said(answer)}`,
    remedy:
      "Settle what the registry's message names, with its operator if need be; or use another image.",
    blastRadius: "image",
    metadata: answer.metadata,
  });
}

export function invalidName(subject: Subject, answer: Answer): SlipwayError {
  return fault(subject, {
    code: "INVALID_ARGUMENT",
    reason: "INVALID_REFERENCE",
    why: `the registry ${subject.repository.registry} does not accept the name: ${said(answer)}`,
    remedy: "Correct the repository, tag or digest in the image reference.",
    blastRadius: "image",
    metadata: answer.metadata,
  });
}

const MENDS: Readonly<Record<CertificateMend, string>> = {
  replace: "Give the registry another certificate; the engine refuses this one too.",
  trust:
    "Make its certificate authority known by NODE_EXTRA_CA_CERTS or Docker's certs.d, or give it a valid certificate.",
  present:
    "Put a client certificate and its key (NAME.cert and NAME.key) for this registry into Docker's certs.d.",
  settings:
    "Correct the registry's TLS settings: engines need TLS 1.2 or later and a current cipher. If it demands a client certificate, put one into Docker's certs.d.",
};

export function certificateRefused(
  subject: Subject,
  { why, mend }: { readonly why: string; readonly mend: CertificateMend },
  cause: unknown,
): SlipwayError {
  return fault(subject, {
    code: "FAILED_PRECONDITION",
    reason: "REGISTRY_TLS",
    why:
      mend === "replace" || mend === "trust"
        ? `the registry ${subject.repository.registry} is not trusted: ${why}`
        : `no connection to the registry ${subject.repository.registry}: ${why}`,
    remedy: MENDS[mend],
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

export function proxyFault(subject: Subject, { message, verdict }: ProxyFailure): SlipwayError {
  return fault(subject, { ...verdict, why: message });
}

export function protocolFault(
  subject: Subject,
  why: string,
  details: { readonly answer?: Answer; readonly cause?: unknown } = {},
): SlipwayError {
  return fault(subject, {
    code: "UNAVAILABLE",
    reason: "REGISTRY_PROTOCOL",
    why: `the registry ${subject.repository.registry} violated the distribution specification: ${why}`,
    remedy: "Check that the host is a registry, and that no proxy responds in its place.",
    metadata: details.answer?.metadata ?? {},
    cause: details.cause,
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
  details: {
    readonly why?: string;
    readonly answer?: Answer;
    /** The host that refused the credential, if it is a token service. */
    readonly tokenService?: string;
  } = {},
): SlipwayError {
  const { answer, tokenService } = details;
  const { registry } = subject.repository;
  const anonymous = subject.credential === null;
  const origin = subject.credential?.origin;
  const refuser = serviceName(subject, tokenService ?? registry);
  const named = answer !== undefined && explains(answer);
  const without = named
    ? "refused the request without a credential"
    : "requires a credential, and none is available";
  const why =
    details.why ??
    `${refuser} ${anonymous ? without : `refused the credential${origin === undefined ? "" : ` of ${origin}`}`}`;
  const remedy = anonymous
    ? `Store a pull secret for ${registry} and name it in the image record, or log in with docker login ${registry}.`
    : `Check the user name and the password or token that ${origin === undefined ? "are stored" : `${origin} has`} for ${registry}, and whether they have expired.`;
  return fault(subject, {
    code: "UNAUTHENTICATED",
    reason: "REGISTRY_UNAUTHENTICATED",
    why: withWords(why, answer),
    remedy: answer === undefined ? remedy : afterMessage(answer, remedy),
    blastRadius: "credential",
    metadata: answer?.metadata ?? {},
  });
}

export function notPermitted(subject: Subject, answer: Answer): SlipwayError {
  const { registry, repository } = subject.repository;
  const anonymous = subject.credential === null;
  const why = `the registry ${registry} does not let ${anonymous ? "anonymous callers" : "this credential"} pull ${repository}`;
  return fault(subject, {
    code: "PERMISSION_DENIED",
    reason: "REGISTRY_PERMISSION_DENIED",
    why: withWords(why, answer),
    remedy: afterMessage(
      answer,
      anonymous
        ? "Use a credential that may pull it, or check the name (registries say the same of a repository that does not exist)."
        : "Give the credential the right to pull it, renew it if it has expired, or check the name (registries say the same of a repository that does not exist).",
    ),
    blastRadius: "credential",
    metadata: answer.metadata,
  });
}

export function notFound(subject: Subject, answer: Answer): SlipwayError {
  const { registry } = subject.repository;
  const why =
    subject.kind === "manifest"
      ? `the registry ${registry} has no such image`
      : `the registry ${registry} does not have it, although the manifest names it`;
  const from = answer.from === null ? "" : ` (it redirects to ${answer.from})`;
  return fault(subject, {
    code: "NOT_FOUND",
    reason: "IMAGE_NOT_FOUND",
    why: withWords(`${why}${from}`, answer),
    remedy:
      "Check repository, tag and digest; a private repository may look absent to a credential that cannot read it.",
    blastRadius: "image",
    metadata: answer.metadata,
  });
}

export function rateLimited(subject: Subject, answer: Answer): SlipwayError {
  return fault(subject, {
    code: "RESOURCE_EXHAUSTED",
    reason: "REGISTRY_RATE_LIMITED",
    why: withWords(
      `the registry ${subject.repository.registry} limits how often images are pulled`,
      answer,
    ),
    remedy: `Try again ${waitOf(answer)}${subject.credential === null ? ", or use a credential: anonymous pulls have the lowest limit" : ""}.`,
    blastRadius: "credential",
    retry: "same-token",
    metadata: answer.metadata,
  });
}

/** The registry, or its token service on another host. */
function serviceName({ repository: { registry } }: Subject, host: string): string {
  const name = `the registry ${registry}`;
  return host === registry ? name : `the token service ${host} of ${name}`;
}

function sender({ repository }: Subject, { from }: Answer): string {
  const registry = `the registry ${repository.registry}`;
  return from === null ? registry : `${registry} redirects to ${from}, which`;
}

/**
 * The remedy, unless the registry's message names another cause, such as a policy or an unpaid bill: its code does not tell
 * them apart.
 */
function afterMessage(answer: Answer, remedy: string): string {
  return explains(answer)
    ? `Settle what the registry's message names. If it names no cause: ${remedy}`
    : remedy;
}

/** The messages of distribution's own codes, which only repeat the code. */
const STANDARD_MESSAGES: ReadonlySet<string> = new Set([
  "authentication required",
  "requested access to the resource is denied",
]);

/** True if the response says more than its code and status. */
function explains({ entries }: Answer): boolean {
  return entries.some(({ message }) => message !== undefined && !STANDARD_MESSAGES.has(message));
}

/** The status and the words of the response: `status 412 (PROJECTPOLICYVIOLATION): it has vulnerabilities`. */
export function said({ status, entries }: Answer): string {
  const codes = entries.flatMap(({ code }) => code ?? []).join(", ");
  const messages = entries.flatMap(({ message }) => message ?? []).join("; ");
  return `status ${status}${codes === "" ? "" : ` (${codes})`}${messages === "" ? "" : `: ${messages}`}`;
}

function withWords(why: string, answer: Answer | undefined): string {
  return answer === undefined ? why : `${why}: ${said(answer)}`;
}

function waitOf({ metadata }: Answer): string {
  const after = metadata["retry_after_seconds"];
  return typeof after === "number" ? `in ${after} seconds` : "later";
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
