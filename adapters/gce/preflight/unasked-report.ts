import type { Check, PlanDraft } from "../../../src/plan/plan.ts";
import { failed, failedBy, skipped } from "../../../src/substrate/check.ts";
import type { PreflightReport } from "../../../src/substrate/contract.ts";
import { settingsFor } from "./preflight-report.ts";
import type { Reading } from "../../../src/substrate/reading-gce.ts";
import type { SubnetReference } from "../target.ts";

/** Where the image's own failure has told that nobody answers, nobody is asked again. */
export function unaskedReport(draft: PlanDraft, subnet: Reading<SubnetReference>): PreflightReport {
  const why = "not known, because Compute Engine did not answer for the image";
  return emptyReport(draft, subnet, { why, checks: UNASKED.map((name) => skipped(name, why)) });
}

/** Without its project nothing of a placement can be found: one failure says it for all. */
export function absentProjectReport(
  draft: PlanDraft,
  subnet: Reading<SubnetReference>,
  project: string,
): PreflightReport {
  const why = `there is no project ${project}, or the caller may not know of it`;
  const missing = failed("project.found", {
    code: "NOT_FOUND",
    reason: "PROJECT_NOT_FOUND",
    message: why,
    remedy: "Correct the placement's project, or have the caller granted access to it.",
    blastRadius: "account",
    metadata: { project },
  });
  const unknown = UNASKED.map((name) => skipped(name, "not known: there is no project"));
  return emptyReport(draft, subnet, { why, checks: [missing, ...unknown] });
}

const UNASKED = [
  "zone.state",
  "machine-type.offered",
  "volume.type",
  "subnets.exist",
  "permission.image",
  "permission.subnet",
] as const;

function emptyReport(
  draft: PlanDraft,
  subnet: Reading<SubnetReference>,
  { why, checks }: { readonly why: string; readonly checks: readonly Check[] },
): PreflightReport {
  const wrong = subnet.error === null ? [] : [failedBy("subnets.exist", subnet.error)];
  return {
    checks: [...checks, ...wrong],
    candidates: draft.candidates.map((candidate) => ({
      ...candidate,
      verdict: "rejected",
      reason: why,
    })),
    machineType: draft.machineType,
    settings: settingsFor(draft, subnet),
    sources: {},
  };
}
