import type { Check } from "../../../src/plan/plan.ts";
import type { SlipwayError } from "../../../src/errors.ts";
import { failed, passed, skipped, warning } from "../../../src/substrate/check.ts";
import { lastPart } from "../image/links.ts";
import type { ZoneReadings } from "./preflight-reads.ts";
import { unread } from "../errors/failed-reads.ts";

/** The state of a zone, for the machine type checks. */
export type ZoneFinding =
  | { readonly zone: string; readonly is: "up"; readonly region: string }
  | { readonly zone: string; readonly is: "down" | "missing" | "unread"; readonly why: string };

/** Evaluates each zone's reply. */
export function zoneFindings(readings: readonly ZoneReadings[]): readonly ZoneFinding[] {
  return readings.map(({ zone, state: { value, error } }): ZoneFinding => {
    if (error !== null)
      return isUnknown(error)
        ? { zone, is: "missing", why: `there is no zone ${zone}` }
        : { zone, is: "unread", why: error.message };
    if (value.status === "DOWN") return { zone, is: "down", why: `zone ${zone} is down` };
    return { zone, is: "up", region: lastPart(value.region) };
  });
}

/** The API replies to an unknown zone with 404, or 400 `Unknown zone`. The call has no other argument. */
function isUnknown({ reason, metadata }: SlipwayError): boolean {
  return reason === "PLACE_NOT_FOUND" || metadata["status"] === 400;
}

export function zoneChecks(
  readings: readonly ZoneReadings[],
  findings: readonly ZoneFinding[],
): readonly Check[] {
  return [stateCheck(readings, findings), regionCheck(findings)];
}

/** A missing zone removes one candidate; if all are missing, the check fails. */
function stateCheck(readings: readonly ZoneReadings[], findings: readonly ZoneFinding[]): Check {
  const name = "zone.state";
  const refused = readings.find(({ state: { error } }) => error !== null && !isUnknown(error));
  if (refused?.state.error) return unread(name, refused.state.error);
  const up = findings.filter(({ is }) => is === "up").map(({ zone }) => zone);
  const whys = findings.flatMap((finding) => (finding.is === "up" ? [] : [finding.why]));
  if (whys.length === 0) return passed(name, `up: ${up.join(", ")}`);
  const missing = findings.filter(({ is }) => is === "missing").map(({ zone }) => zone);
  const problem = {
    reason: missing.length > 0 ? ("PLACE_NOT_FOUND" as const) : ("PLACE_UNAVAILABLE" as const),
    message: whys.join("; "),
    remedy:
      missing.length > 0
        ? `Correct the placement's zones: ${missing.join(", ")}.`
        : "Wait until a zone is up again, or give the placement zones that are.",
  };
  if (up.length > 0) return warning(name, problem);
  return failed(name, {
    code: missing.length > 0 ? "NOT_FOUND" : "UNAVAILABLE",
    ...problem,
    blastRadius: "zone",
    metadata: { zones: findings.map(({ zone }) => zone) },
  });
}

function regionCheck(findings: readonly ZoneFinding[]): Check {
  const name = "zone.region";
  const regions = new Map(
    findings.flatMap((finding) => (finding.is === "up" ? [[finding.region, finding.zone]] : [])),
  );
  const named = [...regions.keys()];
  if (named.length === 0) return skipped(name, "unknown, because no zone could be read");
  if (named.length === 1) return passed(name, `all zones are in ${named.join("")}`);
  return failed(name, {
    code: "FAILED_PRECONDITION",
    reason: "REGION_MISMATCH",
    message: `the placement's zones are in several regions: ${[...regions].map(([region, zone]) => `${zone} in ${region}`).join(", ")}`,
    remedy: "Give the placement zones of one region: its subnet is of one.",
    metadata: { regions: named },
  });
}
