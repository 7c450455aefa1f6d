import type { ErrorReason } from "../../../src/errors.ts";
import type { Check, GcpTarget } from "../../../src/plan/plan.ts";
import { failed, passed, skipped, warning } from "../../../src/substrate/check.ts";
import { serviceAccountOf } from "../target.ts";
import { DEFAULT_SERVICE_ACCOUNT } from "./preflight-reads.ts";
import { unread } from "../errors/failed-reads.ts";
import type { Reading } from "../../../src/substrate/reading.ts";

/** One `testIamPermissions` call. */
export interface PermissionCheckInput {
  readonly check: "permission.image" | "permission.subnet";
  readonly target: GcpTarget;
  /** Partial link. */
  readonly resource: string;
  readonly wanted: readonly string[];
  readonly reason: ErrorReason;
  readonly role: string;
  /** Null if it was not called. */
  readonly answer: Reading<{ readonly permissions: readonly string[] }> | null;
  /** Whether Compute Engine replied to the reader. */
  readonly isAnswered: boolean;
}

/** Whether the launcher is known to have all these permissions. */
export function isAllowed(
  answer: PermissionCheckInput["answer"],
  wanted: readonly string[],
): boolean {
  const granted = answer?.value?.permissions ?? [];
  return wanted.every((permission) => granted.includes(permission));
}

/** Tests the launcher's permissions on one resource. */
export function permissionCheck(input: PermissionCheckInput): Check {
  const { check, target, resource, wanted, answer, isAnswered } = input;
  if (answer === null || !isAnswered)
    return skipped(check, "unknown, because the permissions could not be tested");
  const { value, error } = answer;
  if (error !== null) {
    // The API replies 400 for an unknown region. The check of the resource itself reports either.
    if (error.code === "NOT_FOUND" || error.metadata["status"] === 400)
      return skipped(check, `not known: ${error.message}`);
    // A caller with read access may resolve; if the launcher cannot be tested, its launch will report the problem.
    return warning(check, {
      reason: error.reason,
      message: `what the launcher may do with ${resource} is not known: ${error.message}`,
      remedy: error.remedy ?? "Resolve again as an account that may act as the launcher.",
    });
  }
  const missing = wanted.filter((permission) => !value.permissions.includes(permission));
  if (missing.length === 0)
    return passed(check, `the launcher has ${wanted.join(", ")} on ${resource}`);
  const caller = serviceAccountOf(target, "launcher") ?? "the caller";
  return failed(check, {
    code: "PERMISSION_DENIED",
    reason: input.reason,
    message: `${caller} lacks ${missing.join(", ")} on ${resource}`,
    remedy: `Grant it ${input.role} there.`,
    blastRadius: "credential",
    metadata: { resource, permissions: missing },
  });
}

/** The address format of service accounts; projects with a domain include it. */
const ACCOUNT = /^[a-z0-9](?:[-a-z0-9.]{0,98}[a-z0-9])?@[a-z0-9](?:[-a-z0-9.]{0,160}[a-z0-9])?$/;
const GOOGLES = ".gserviceaccount.com";

/**
 * Compute Engine cannot look up service accounts: only an address's format can be checked, and the project names its
 * default account. Whether the launcher may act as the account shows at launch.
 */
export function serviceAccountCheck(
  { serviceAccount, project }: GcpTarget,
  answer: Reading<string | null> | null,
): Check {
  const check = "service-account";
  if (serviceAccount === null) return passed(check, "the machine has no service account");
  if (serviceAccount === DEFAULT_SERVICE_ACCOUNT) return defaultCheck(check, project, answer);
  if (ACCOUNT.test(serviceAccount) && serviceAccount.endsWith(GOOGLES))
    return passed(check, `${serviceAccount} has an account's form; the launch will look for it`);
  return failed(check, {
    code: "FAILED_PRECONDITION",
    reason: "SERVICE_ACCOUNT_NOT_FOUND",
    message: `${serviceAccount} is not a service account's address`,
    remedy: `Write the placement's service_account such as name@${project}.iam${GOOGLES}.`,
    metadata: { service_account: serviceAccount },
  });
}

function defaultCheck(
  check: string,
  project: string,
  answer: Reading<string | null> | null,
): Check {
  if (answer === null) return skipped(check, "not tested");
  const { value, error } = answer;
  if (error !== null) return unread(check, error);
  if (value !== null) return passed(check, `the default service account is ${value}`);
  return failed(check, {
    code: "FAILED_PRECONDITION",
    reason: "SERVICE_ACCOUNT_NOT_FOUND",
    message: `project ${project} has no default service account`,
    remedy: "Name an account's address in the placement's service_account, or none.",
    metadata: { project },
  });
}
