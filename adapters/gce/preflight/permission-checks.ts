import type { ErrorReason } from "../../../src/errors.ts";
import type { Check, GcpTarget } from "../../../src/plan/plan.ts";
import { failed, passed, skipped, warning } from "../../../src/substrate/check.ts";
import { serviceAccountOf } from "../target.ts";
import { DEFAULT_SERVICE_ACCOUNT } from "./preflight-reads.ts";
import { unread } from "../errors/failed-reads.ts";
import type { Reading } from "../../../src/substrate/reading.ts";

/** What `testIamPermissions` was asked of one resource. */
export interface PermissionQuestion {
  readonly check: "permission.image" | "permission.subnet";
  readonly target: GcpTarget;
  /** Partial link. */
  readonly resource: string;
  readonly wanted: readonly string[];
  readonly reason: ErrorReason;
  readonly role: string;
  /** Null where nobody asked. */
  readonly answer: Reading<{ readonly permissions: readonly string[] }> | null;
  /** Whether Compute Engine answered the reader. */
  readonly isAnswered: boolean;
}

/** The provider's own dry run of using one resource, asked as whoever will launch. */
export function permissionCheck(question: PermissionQuestion): Check {
  const { check, target, resource, wanted, answer, isAnswered } = question;
  if (answer === null || !isAnswered) return skipped(check, "not known, because nobody could ask");
  const { value, error } = answer;
  if (error !== null) {
    if (error.code === "NOT_FOUND") return skipped(check, `not known: ${error.message}`);
    // Whoever only reads may well resolve: that the launcher could not be asked will be said by its launch.
    return warning(check, {
      reason: error.reason,
      message: `what the launcher may do with ${resource} is not known: ${error.message}`,
      remedy: error.remedy ?? "Resolve again as somebody who may act as the launcher.",
    });
  }
  const missing = wanted.filter((permission) => !value.permissions.includes(permission));
  if (missing.length === 0)
    return passed(check, `the launcher has ${wanted.join(", ")} on ${resource}`);
  const caller = serviceAccountOf(target, "launcher") ?? "the caller";
  return failed(check, {
    code: "PERMISSION_DENIED",
    reason: question.reason,
    message: `${caller} lacks ${missing.join(", ")} on ${resource}`,
    remedy: `Grant it ${question.role} there.`,
    blastRadius: "credential",
    metadata: { resource, permissions: missing },
  });
}

/** An account's address, as IAM makes them; projects with a domain have it in theirs. */
const ACCOUNT = /^[a-z0-9](?:[-a-z0-9.]{0,98}[a-z0-9])?@[a-z0-9](?:[-a-z0-9.]{0,160}[a-z0-9])?$/;
const GOOGLES = ".gserviceaccount.com";

/**
 * Compute Engine has no look-up of service accounts: an address can be held to its form, and the project's default one
 * is among what it says of the project. Whether the launcher may act as it, the launch will tell.
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
    message: `${serviceAccount} is no service account's address`,
    remedy: `Write the placement's service_account such as name@${project}.iam${GOOGLES}.`,
    metadata: { service_account: serviceAccount },
  });
}

function defaultCheck(
  check: string,
  project: string,
  answer: Reading<string | null> | null,
): Check {
  if (answer === null) return skipped(check, "nobody asked");
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
