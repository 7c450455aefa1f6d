/**
 * Slipway's only error class. Every failure that reaches a caller is a {@link SlipwayError}, which says what went
 * wrong, with which resource, why, and what to do about it. This file imports nothing.
 */

/** The gRPC canonical codes, by the names that the catalog's specification uses. */
export const ERROR_CODES = [
  "INVALID_ARGUMENT",
  "NOT_FOUND",
  "FAILED_PRECONDITION",
  "RESOURCE_EXHAUSTED",
  "PERMISSION_DENIED",
  "UNAVAILABLE",
  "ALREADY_EXISTS",
  "ABORTED",
  "DEADLINE_EXCEEDED",
  "UNAUTHENTICATED",
  "CANCELLED",
  "UNIMPLEMENTED",
  "INTERNAL",
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

/**
 * The cause of a failure, for programs: a closed union in upper snake case (following AIP-193). A reason never changes
 * its meaning; new ones are added here.
 */
export const ERROR_REASONS = [
  // Input
  "USAGE",
  "INVALID_INPUT",
  "INVALID_RECORD",
  "INVALID_REFERENCE",
  "INVALID_DIGEST",
  "INVALID_PLAN",
  "INVALID_SPAWN_ID",
  "UNKNOWN_KIND",
  "INPUT_TOO_LARGE",
  "INPUT_CLASH",
  "INPUT_UNDELIVERABLE",
  "CONTEXT_NOT_FOUND",
  "CONTEXT_IN_USE",
  // Catalog
  "RECORD_NOT_FOUND",
  "RECORD_IN_USE",
  "RECORD_HAS_MACHINES",
  "RECORD_IMMUTABLE",
  "RECORD_BUILT_IN",
  "GENERATION_MISMATCH",
  "LINK_MISSING",
  // Storage
  "STORAGE_BUSY",
  "STORAGE_UNAVAILABLE",
  "STORAGE_FULL",
  "STORAGE_READ_ONLY",
  "STORAGE_UNSAFE",
  "STORAGE_DAMAGED",
  "STORAGE_VERSION",
  // Secrets and credentials
  "SECRET_NOT_FOUND",
  "SECRET_KEY_MISSING",
  "SECRET_KEY_INVALID",
  "SECRET_UNREADABLE",
  "CREDENTIAL_INVALID",
  "CREDENTIAL_REGISTRY_MISMATCH",
  "CREDENTIAL_HELPER_FAILED",
  // Resolve
  "CHECKS_FAILED",
  "SUBSTRATE_MISMATCH",
  "ARCHITECTURE_MISMATCH",
  "ARCHITECTURE_UNKNOWN",
  "REGION_MISMATCH",
  "MACHINE_TYPE_MISMATCH",
  "PLAN_UNPINNED",
  "PLAN_STALE",
  // Images and registries
  "IMAGE_NOT_FOUND",
  "IMAGE_INVALID",
  "PLATFORM_NOT_FOUND",
  "PLATFORM_UNSUPPORTED",
  "DIGEST_MISMATCH",
  "MANIFEST_INVALID",
  "MANIFEST_TOO_LARGE",
  "IMAGE_CONFIG_INVALID",
  "LAYERS_MISMATCH",
  "MEDIA_TYPE_UNSUPPORTED",
  "NO_COMMAND",
  "REGISTRY_UNAUTHENTICATED",
  "REGISTRY_PERMISSION_DENIED",
  "REGISTRY_RATE_LIMITED",
  "REGISTRY_REFUSED",
  "REPOS_NOT_CLONED",
  "REGISTRY_UNAVAILABLE",
  "REGISTRY_TLS",
  "REGISTRY_PROTOCOL",
  "REDIRECT_REFUSED",
  // Proxies
  "PROXY_INVALID",
  "PROXY_REFUSED",
  "PROXY_UNAVAILABLE",
  // Engines and clouds
  "ENGINE_CONFIGURATION_INVALID",
  "ENGINE_UNAVAILABLE",
  "ENGINE_UNSUPPORTED",
  "ENGINE_DISK_FULL",
  "ENGINE_HOST_FAULT",
  "ENGINE_ERROR",
  "NETWORK_NOT_FOUND",
  "HOST_RESOURCE_NOT_FOUND",
  "RESOURCE_VALUE_REFUSED",
  "PORT_UNAVAILABLE",
  "NAME_CLASH",
  "PLACE_NOT_FOUND",
  "INSUFFICIENT_CAPACITY",
  "LAUNCH_TOKEN_MISMATCH",
  "LAUNCH_TOKEN_SPENT",
  "PULL_TIMED_OUT",
  "PULL_FAILED",
  "MACHINE_EXITED",
  "MACHINE_NOT_FOUND",
  "MACHINE_NOT_STARTED",
  "MACHINE_NOT_RUNNING",
  "SHELL_NOT_FOUND",
  "SUBSTRATE_UNSUPPORTED",
  "BOOT_TIMED_OUT",
  "TIMEOUT_TOO_SHORT",
  // Clouds
  "PACKAGE_NOT_INSTALLED",
  "CLOUD_CONFIGURATION_INVALID",
  "CLOUD_ENDPOINT_INVALID",
  "CLOUD_UNAUTHENTICATED",
  "CLOUD_PERMISSION_DENIED",
  "CLOUD_UNAVAILABLE",
  "CLOUD_RATE_LIMITED",
  "CLOUD_REQUEST_REFUSED",
  "CLOCK_SKEWED",
  "ACCOUNT_MISMATCH",
  "ACCOUNT_RESTRICTED",
  "PROJECT_NOT_FOUND",
  "IMAGE_PERMISSION_DENIED",
  "IMAGE_FAMILY_NOT_FOUND",
  "IMAGE_FAMILY_EMPTY",
  "IMAGE_NOT_READY",
  "IMAGE_FAILED",
  "IMAGE_DEPRECATED",
  "IMAGE_NOT_ALLOWED",
  "IMAGE_OBSOLETE",
  "IMAGE_DELETED",
  "IMAGE_REPLACED",
  "IMAGE_UNSUPPORTED",
  "IMAGE_TERMS_NOT_ACCEPTED",
  "MACHINE_TYPE_NOT_FOUND",
  "MACHINE_TYPE_NOT_OFFERED",
  "NOT_OFFERED_HERE",
  "PLACE_UNAVAILABLE",
  "SUBNET_NOT_FOUND",
  "SUBNET_FULL",
  "PUBLIC_ADDRESS",
  "NETWORK_MISMATCH",
  "IPV6_UNSUPPORTED",
  "SECURITY_GROUP_NOT_FOUND",
  "INSTANCE_PROFILE_NOT_FOUND",
  "KEY_PAIR_NOT_FOUND",
  "DEDICATED_HOST_NOT_FOUND",
  "SERVICE_ACCOUNT_NOT_FOUND",
  "DISK_TOO_SMALL",
  "DISK_TYPE_NOT_FOUND",
  "DISK_TYPE_UNSUPPORTED",
  "DISK_KEY_UNUSABLE",
  "ACCELERATOR_NOT_FOUND",
  "ACCELERATOR_UNSUPPORTED",
  "MAINTENANCE_UNSUPPORTED",
  "INTERFACES_UNSUPPORTED",
  "CONFIDENTIAL_UNSUPPORTED",
  "LAUNCH_TEMPLATE_NOT_FOUND",
  "LAUNCH_TEMPLATE_UNSUPPORTED",
  "RESERVATION_NOT_FOUND",
  "RESERVATION_MISMATCH",
  "RESERVATION_FULL",
  "TAG_INVALID",
  "QUOTA_EXCEEDED",
  "SPOT_ROLE_MISSING",
  // Spawns
  "SPAWN_NOT_FOUND",
  "SPAWN_ID_REUSED",
  "SPAWN_UNSETTLED",
  "SPAWN_TERMINATED",
  "LEDGER_RESTORED",
  "BOOT_DOCUMENT_TOO_LARGE",
  "TIMED_OUT",
  "INTERRUPTED",
  "INTERNAL",
] as const;
export type ErrorReason = (typeof ERROR_REASONS)[number];

/**
 * The scope of a failure: what else would fail for the same cause. `market` is one of the purchase options, spot or on demand, `place` one
 * subnet or zone. `refusal-scope.ts` says which candidates of a plan each of them rules out.
 */
export const BLAST_RADII = [
  "launch",
  "request",
  "place",
  "type-in-zone",
  "zone",
  "type-in-market",
  "market",
  "region",
  "account",
  "credential",
  "image",
] as const;
export type BlastRadius = (typeof BLAST_RADII)[number];

/**
 * The next step that may help: the same request with the same token, the next candidate, or nothing. Derived from the
 * provider's error code where that error is parsed.
 */
export const RETRY_VERDICTS = ["same-token", "next-candidate", "never"] as const;
export type RetryVerdict = (typeof RETRY_VERDICTS)[number];

/** Any JSON value. Error metadata, plan settings and records contain nothing else. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };
export type JsonObject = { readonly [key: string]: JsonValue };

export type CheckOutcome = "passed" | "failed" | "warning" | "skipped";

/** One finding of a resolution. A plan with a failed check cannot be spawned. */
export interface Check {
  /** Stable, lower case with dots: `engine.reachable`. */
  readonly name: string;
  readonly outcome: CheckOutcome;
  readonly code?: ErrorCode;
  readonly reason?: ErrorReason;
  readonly message: string;
  readonly remedy?: string;
  readonly blastRadius?: BlastRadius;
  readonly retry?: RetryVerdict;
  readonly metadata?: JsonObject;
}

export interface SlipwayErrorOptions {
  readonly code: ErrorCode;
  readonly reason: ErrorReason;
  /** One line that says what failed, for which resource, and why, without secrets or stack traces. */
  readonly message: string;
  /** An imperative sentence that says what the user can do about it. */
  readonly remedy?: string;
  /** Default `request`. */
  readonly blastRadius?: BlastRadius;
  /** Default `never`. */
  readonly retry?: RetryVerdict;
  readonly metadata?: JsonObject;
  /** All checks of the resolution, if a resolution failed. */
  readonly checks?: readonly Check[];
  /** The original error. Only its name, code, message and stack are kept: an SDK's error may contain secrets. */
  readonly cause?: unknown;
}

export class SlipwayError extends Error {
  override readonly name = "SlipwayError";
  readonly code: ErrorCode;
  readonly reason: ErrorReason;
  readonly remedy: string | null;
  readonly blastRadius: BlastRadius;
  readonly retry: RetryVerdict;
  readonly metadata: JsonObject;
  readonly checks: readonly Check[] | null;

  constructor(options: SlipwayErrorOptions) {
    super(
      options.message,
      options.cause === undefined ? undefined : { cause: summarizeCause(options.cause) },
    );
    this.code = options.code;
    this.reason = options.reason;
    this.remedy = options.remedy ?? null;
    this.blastRadius = options.blastRadius ?? "request";
    this.retry = options.retry ?? "never";
    this.metadata = options.metadata ?? {};
    this.checks = options.checks ?? null;
  }

  /** The form that the command line prints under `error` and that the ledger stores. */
  toJSON(): JsonObject {
    return {
      code: this.code,
      reason: this.reason,
      message: this.message,
      remedy: this.remedy,
      blast_radius: this.blastRadius,
      retry: this.retry,
      metadata: this.metadata,
      ...(this.checks === null ? {} : { checks: this.checks.map(checkJson) }),
    };
  }
}

function checkJson({ blastRadius, ...check }: Check): JsonObject {
  return { ...check, ...(blastRadius === undefined ? {} : { blast_radius: blastRadius }) };
}

/** True for a SlipwayError, even from another copy of the package. */
export function isSlipwayError(value: unknown): value is SlipwayError {
  return value instanceof SlipwayError || (value instanceof Error && value.name === "SlipwayError");
}

/** Converts a caught value to a SlipwayError: one of ours is returned unchanged, anything else becomes `INTERNAL`. */
export function asSlipwayError(caught: unknown): SlipwayError {
  if (isSlipwayError(caught)) return caught;
  return new SlipwayError({
    code: "INTERNAL",
    reason: "INTERNAL",
    message: `unexpected failure: ${caught instanceof Error ? caught.message : String(caught)}`,
    remedy: "This is a bug in Slipway: please report it with the command that caused it.",
    cause: caught,
  });
}

/** Creates an `INVALID_ARGUMENT` error, by far the most common one. */
export function invalidArgument(
  reason: ErrorReason,
  message: string,
  remedy?: string,
  metadata?: JsonObject,
): SlipwayError {
  return new SlipwayError({
    code: "INVALID_ARGUMENT",
    reason,
    message,
    ...(remedy === undefined ? {} : { remedy }),
    ...(metadata === undefined ? {} : { metadata }),
  });
}

/** A plain copy of an error, without the fields in which SDKs keep requests, headers and bodies. */
function summarizeCause(caught: unknown): Error {
  if (isSlipwayError(caught)) return caught;
  if (!(caught instanceof Error)) return new Error(String(caught));
  const summary = new Error(caught.message);
  summary.name = caught.name;
  if (caught.stack !== undefined) summary.stack = caught.stack;
  if ("code" in caught && (typeof caught.code === "string" || typeof caught.code === "number"))
    Object.assign(summary, { code: caught.code });
  return summary;
}

/** Metadata of the error of a request that was never sent: its server refused the connection, or has no known address. */
export const UNSENT = { sent: false } as const;

/** Whether the failed request certainly never reached its server. */
export function isUnsent({ metadata }: Pick<SlipwayError, "metadata">): boolean {
  return metadata["sent"] === false;
}
