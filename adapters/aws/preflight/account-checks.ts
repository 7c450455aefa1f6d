import type { AwsTarget, Check } from "../../../src/plan/plan.ts";
import { failed, passed } from "../../../src/substrate/check.ts";
import type { AwsRole } from "../client/client.ts";
import { unread } from "../../../src/substrate/reading.ts";
import type { Reading } from "../../../src/substrate/reading.ts";

/** The credentials that are used for a placement: one role for all, or one for reads and one for writes. */
export function rolesOf({ roleArn, readonlyRoleArn }: AwsTarget): readonly AwsRole[] {
  return readonlyRoleArn === null || readonlyRoleArn === roleArn
    ? ["launcher"]
    : ["launcher", "reader"];
}

const CHECKS: Readonly<Record<AwsRole, { readonly name: string; readonly whose: string }>> = {
  launcher: { name: "account.launcher", whose: "the credentials that launch" },
  reader: { name: "account.reader", whose: "the credentials that read" },
};

/** Holds the account that credentials belong to against the placement's. */
export function accountCheck(
  role: AwsRole,
  { accountId, region }: AwsTarget,
  found: Reading<string>,
): Check {
  const { name, whose } = CHECKS[role];
  if (found.error !== null) return unread(name, found.error);
  if (found.value === accountId) return passed(name, `${whose} belong to account ${accountId}`);
  return failed(name, {
    code: "FAILED_PRECONDITION",
    reason: "ACCOUNT_MISMATCH",
    message: `${whose} belong to account ${found.value}, but the placement is in account ${accountId}`,
    remedy: `Use a profile of account ${accountId}, or a role_arn there in the placement; or correct account_id.`,
    blastRadius: "credential",
    metadata: { account_id: found.value, placement_account_id: accountId, region },
  });
}
