import type { Check } from "../../../src/plan/plan.ts";
import type { ErrorReason, SlipwayError } from "../../../src/errors.ts";
import { failed, failedBy, passed, skipped, warning } from "../../../src/substrate/check.ts";
import { lastPart } from "../image/links.ts";
import type { ZoneReadings } from "./preflight-reads.ts";
import { obstacleName } from "../errors/failed-reads.ts";
import { invalidField } from "../errors/invalid-field.ts";

/** The state of a zone, for the machine type checks. */
export type ZoneFinding =
  | {
      readonly zone: string;
      readonly is: "up";
      readonly region: string;
      /** Google plans to remove the zone. */
      readonly isDeprecated: boolean;
    }
  /** No machine can be launched there. */
  | {
      readonly zone: string;
      /** `closed`: to this project; `unread`: its state is unknown. */
      readonly is: "down" | "withdrawn" | "missing" | "closed" | "unread";
      readonly why: string;
      readonly error: SlipwayError | null;
    };

type ClosedZone = Exclude<ZoneFinding, { readonly is: "up" }>;

/** Evaluates each zone's reply. A zone that cannot be read is one candidate less, whatever the reason. */
export function zoneFindings(readings: readonly ZoneReadings[]): readonly ZoneFinding[] {
  return readings.map(({ zone, state: { value, error } }): ZoneFinding => {
    if (error !== null) return unreadZone(zone, error);
    const { status, region, deprecated } = value;
    if (status === "DOWN") return { zone, is: "down", why: `zone ${zone} is down`, error };
    const age = deprecated?.state ?? "ACTIVE";
    if (age === "OBSOLETE" || age === "DELETED")
      return { zone, is: "withdrawn", why: `zone ${zone} is ${age}`, error };
    return { zone, is: "up", region: lastPart(region), isDeprecated: age === "DEPRECATED" };
  });
}

function unreadZone(zone: string, error: SlipwayError): ClosedZone {
  // The API replies to an unknown zone with 404, or 400 for the field `zone`.
  if (error.reason === "PLACE_NOT_FOUND" || invalidField(error.message) === "zone")
    return { zone, is: "missing", why: `there is no zone ${zone} (${error.message})`, error };
  const is = error.reason === "PLACE_UNAVAILABLE" ? "closed" : "unread";
  return { zone, is, why: error.message, error };
}

/** Whether the zone exists and answers questions about its offers. */
export function isThere(finding: ZoneFinding | undefined): boolean {
  return finding?.is === "up" || finding?.is === "down";
}

export function zoneChecks(findings: readonly ZoneFinding[]): readonly Check[] {
  return [stateCheck(findings), regionCheck(findings), ...deprecationChecks(findings)];
}

/** A zone that cannot be used removes one candidate; if none can be used, the check fails. */
function stateCheck(findings: readonly ZoneFinding[]): Check {
  const name = "zone.state";
  const up = findings.filter(({ is }) => is === "up").map(({ zone }) => zone);
  const closed = findings.filter((finding) => finding.is !== "up");
  const [first] = closed;
  if (first === undefined) return passed(name, `up: ${up.join(", ")}`);
  const { reason, remedy } = problemOf(closed);
  const message = closed.map(({ why }) => why).join("; ");
  if (up.length > 0) return warning(name, { reason, message, remedy });
  const unread = closed.find(({ is }) => is === "unread" || is === "closed")?.error ?? null;
  if (unread !== null && obstacleName(unread) !== null)
    return skipped(name, "not known, because Compute Engine did not answer");
  const failure = {
    reason,
    message,
    remedy,
    blastRadius: "zone",
    metadata: { zones: findings.map(({ zone }) => zone) },
  } as const;
  if (unread !== null && closed.length === 1) return failedBy(name, unread);
  return failed(name, { code: unread?.code ?? CODES[first.is], ...failure });
}

const CODES = {
  missing: "NOT_FOUND",
  withdrawn: "NOT_FOUND",
  down: "UNAVAILABLE",
  closed: "PERMISSION_DENIED",
  unread: "UNAVAILABLE",
} as const;

/** A name that can be corrected comes first, then a missing access. */
function problemOf(closed: readonly ClosedZone[]): {
  readonly reason: ErrorReason;
  readonly remedy: string;
} {
  const missing = closed.filter(({ is }) => is === "missing" || is === "withdrawn");
  if (missing.length > 0)
    return {
      reason: "PLACE_NOT_FOUND",
      remedy: `Correct the placement's zones: ${missing.map(({ zone }) => zone).join(", ")}.`,
    };
  const error = closed.find((one) => one.error !== null)?.error ?? null;
  if (error !== null)
    return {
      reason: error.reason,
      remedy: error.remedy ?? "Give the placement zones that this project may use.",
    };
  return {
    reason: "PLACE_UNAVAILABLE",
    remedy: "Wait until a zone is up again, or give the placement zones that are.",
  };
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

function deprecationChecks(findings: readonly ZoneFinding[]): readonly Check[] {
  const zones = findings.filter((finding) => finding.is === "up" && finding.isDeprecated);
  if (zones.length === 0) return [];
  return [
    warning("zone.deprecation", {
      message: `Google plans to remove ${zones.map(({ zone }) => zone).join(", ")}`,
      remedy: "Give the placement other zones.",
    }),
  ];
}
