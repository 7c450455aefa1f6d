import type { JsonObject } from "../../src/errors.ts";

/** The `reason` values of errors, with the status that Compute Engine uses for each. */
const STATUS_BY_REASON = {
  invalid: 400,
  badRequest: 400,
  required: 400,
  invalidParameter: 400,
  parseError: 400,
  resourceNotReady: 400,
  resourceInUseByAnotherResource: 400,
  authError: 401,
  forbidden: 403,
  rateLimitExceeded: 403,
  notFound: 404,
  alreadyExists: 409,
  conditionNotMet: 412,
  fieldSizeTooLarge: 413,
  uploadTooLarge: 413,
  internalError: 500,
  backendError: 503,
} as const;
export type FailureReason = keyof typeof STATUS_BY_REASON;

/** The `google.api.ErrorReason` values of a project that may not use the API at all. */
export const BILLING_DISABLED = "BILLING_DISABLED";
const PROJECT_REASONS: ReadonlySet<string> = new Set([BILLING_DISABLED, "SERVICE_DISABLED"]);

/** Canonical names by status, as Google's front end writes them next to `code`. */
const NAME_BY_STATUS: Readonly<Record<number, string>> = {
  400: "INVALID_ARGUMENT",
  401: "UNAUTHENTICATED",
  403: "PERMISSION_DENIED",
  404: "NOT_FOUND",
  409: "ALREADY_EXISTS",
  412: "FAILED_PRECONDITION",
  413: "INVALID_ARGUMENT",
  429: "RESOURCE_EXHAUSTED",
  500: "INTERNAL",
  501: "UNIMPLEMENTED",
  503: "UNAVAILABLE",
  504: "DEADLINE_EXCEEDED",
};

/** A rejection: an HTTP status with a reason. Thrown inside the fake and converted to an answer at its edge. */
export class GceFailure extends Error {
  override readonly name = "GceFailure";
  readonly reason: string;
  readonly status: number;

  constructor(reason: FailureReason, message: string);
  constructor(reason: string, message: string, status: number);
  constructor(reason: string, message: string, status?: number) {
    super(message);
    this.reason = reason;
    this.status = status ?? statusOf(reason);
  }
}

/** The status of a reason; 400 for one that Compute Engine is not known to use. */
export function statusOf(reason: string): number {
  if (PROJECT_REASONS.has(reason)) return 403;
  return Object.entries(STATUS_BY_REASON).find(([known]) => known === reason)?.[1] ?? 400;
}

export function notFound(link: string): GceFailure {
  return new GceFailure("notFound", `The resource '${link}' was not found`);
}

/** Rejects the value of a body field or a parameter. */
export function invalidField(field: string, value: string, why: string): GceFailure {
  return new GceFailure("invalid", `Invalid value for field '${field}': '${value}'. ${why}`);
}

/** The reasons that older parts of the API give beside a status. */
const REASON_BY_STATUS: Readonly<Record<number, string>> = {
  400: "invalid",
  401: "authError",
  403: "forbidden",
  404: "notFound",
  409: "alreadyExists",
  412: "conditionNotMet",
  429: "rateLimitExceeded",
};

/**
 * Google's error envelope. A reason in upper snake case is one of `google.api.ErrorReason`, which stands in the details,
 * next to the older reason of its status.
 */
export function errorBody({ reason, status, message }: GceFailure): JsonObject {
  const isDetail = /^[A-Z][A-Z0-9_]*$/.test(reason);
  const short = isDetail ? (REASON_BY_STATUS[status] ?? "backendError") : reason;
  const domain = short === "rateLimitExceeded" ? "usageLimits" : "global";
  const location =
    short === "authError" ? { location: "Authorization", locationType: "header" } : {};
  const name = NAME_BY_STATUS[status];
  const detail = { "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason };
  return {
    error: {
      code: status,
      message,
      errors: [{ message, domain, reason: short, ...location }],
      ...(name === undefined ? {} : { status: name }),
      ...(isDetail ? { details: [{ ...detail, domain: "googleapis.com" }] } : {}),
    },
  };
}
