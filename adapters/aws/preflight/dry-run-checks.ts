import type { ErrorReason, SlipwayError } from "../../../src/errors.ts";
import type { Check } from "../../../src/plan/plan.ts";
import { failedBy, passed, skipped, warning } from "../../../src/substrate/check.ts";
import { obstacleName } from "../errors/failed-reads.ts";
import type { DryRuns } from "./dry-run-choice.ts";

const DRY_RUN_CHECK = "permission.launch";
const CANDIDATES_CHECK = "candidates.dry-run";

/** Refusals about a resource that only the dry run looks up: reading it would need another permission. */
const CHECK_OF_REASON: ReadonlyMap<ErrorReason, string> = new Map([
  ["KEY_PAIR_NOT_FOUND", "key-pair.exists"],
  ["DEDICATED_HOST_NOT_FOUND", "dedicated-host.exists"],
]);

/** Refusals that no other check explains. */
const OWN_REASONS: ReadonlySet<ErrorReason> = new Set([
  "ACCOUNT_RESTRICTED",
  "CLOUD_PERMISSION_DENIED",
  "IMAGE_PERMISSION_DENIED",
  "IMAGE_TERMS_NOT_ACCEPTED",
  "SPOT_ROLE_MISSING",
]);

/**
 * The dry runs as checks: a warning about the candidates that EC2 refused, and whether any is left. A refusal that
 * another check may explain is reported only if no other check has failed.
 */
export function dryRunChecks(
  { results, candidates }: DryRuns,
  hasOtherFailures: boolean,
): readonly Check[] {
  const last = results.at(-1);
  if (last === undefined)
    return [skipped(DRY_RUN_CHECK, "there is no complete launch request to try")];
  if (last.error === null) {
    const refusals = results.flatMap(({ error }) => (error === null ? [] : [error]));
    const would = passed(DRY_RUN_CHECK, "EC2's dry run would have launched with these credentials");
    return refusals.length === 0 ? [would] : [would, refusedCandidates(refusals)];
  }
  const { error } = last;
  const explained = skipped(DRY_RUN_CHECK, "EC2 refused its dry run, as other checks explain");
  const named = CHECK_OF_REASON.get(error.reason);
  if (named !== undefined) return [failedBy(named, error), explained];
  if (!OWN_REASONS.has(error.reason) && hasOtherFailures) return [explained];
  const refusals = results.flatMap((result) => result.error ?? []);
  const isOneLeft = candidates.some(({ verdict }) => verdict === "eligible");
  // A proxy that refuses, in contrast, will refuse the launch too.
  const mayPass = error.retry === "same-token";
  if (mayPass && obstacleName(error) === "cloud.reachable")
    return [unknown(error), ...before(refusals)];
  if (isOneLeft && error.retry === "next-candidate") return [refusedCandidates(refusals)];
  return [failedBy(DRY_RUN_CHECK, error, prefixOf(error)), ...before(refusals)];
}

/** The refusals before the last one, which left it as the only candidates. */
function before(refusals: readonly SlipwayError[]): readonly Check[] {
  const earlier = refusals.slice(0, -1);
  return earlier.length === 0 ? [] : [refusedCandidates(earlier)];
}

function prefixOf({ reason }: SlipwayError): string {
  return reason === "CLOUD_PERMISSION_DENIED" ? "these credentials may not launch: " : "";
}

function unknown(error: SlipwayError): Check {
  return warning(DRY_RUN_CHECK, {
    code: error.code,
    reason: error.reason,
    message: `could not find out whether these credentials may launch: ${error.message}`,
    remedy: "Resolve again to find out before the launch.",
  });
}

function refusedCandidates(refusals: readonly SlipwayError[]): Check {
  const [first] = refusals;
  const remedies = new Set(refusals.flatMap(({ remedy }) => remedy ?? []));
  return warning(CANDIDATES_CHECK, {
    ...(first === undefined ? {} : { code: first.code, reason: first.reason }),
    message: refusals.map(({ message }) => message).join("; "),
    remedy: [...remedies].join(" "),
  });
}
