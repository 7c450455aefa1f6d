import type { SlipwayError } from "../../../src/errors.ts";
import type { Candidate, Check, PlanDraft } from "../../../src/plan/plan.ts";
import { failed, passed, skipped, warning } from "../../../src/substrate/check.ts";
import type { ReservationReply } from "../client/replies.ts";
import { obstacleName } from "../errors/failed-reads.ts";
import { lastPart } from "../image/links.ts";
import { reservationOf } from "../launch/reservation.ts";
import { gcpTarget } from "../target.ts";
import type { ZoneReadings } from "./preflight-reads.ts";

const CHECK = "reservation.match";

/** The zones' answers about the reservation that the placement names. */
export interface ReservationFinding {
  /** Null if it names none. */
  readonly name: string | null;
  /** By zone. */
  readonly found: ReadonlyMap<string, ReservationReply>;
  /** Zones without it, with the reason. */
  readonly absent: ReadonlyMap<string, string>;
  /** The first error of a zone that did not answer: its launch decides. */
  readonly error: SlipwayError | null;
}

/** @param readings of existing zones */
export function findReservation(
  draft: PlanDraft,
  readings: readonly ZoneReadings[],
): ReservationFinding {
  const name = reservationOf(gcpTarget(draft))?.name ?? null;
  const found = new Map<string, ReservationReply>();
  const absent = new Map<string, string>();
  let error: SlipwayError | null = null;
  for (const { zone, reservation } of readings) {
    if (reservation === null) continue;
    if (reservation.error === null) found.set(zone, reservation.value);
    else if (reservation.error.reason === "RESERVATION_NOT_FOUND")
      absent.set(zone, `${zone} has no reservation ${name ?? ""}`);
    else error ??= reservation.error;
  }
  return { name, found, absent, error };
}

/** A machine of the plan. Candidates may have machine types of their own. */
export type ReservedMachine = Pick<PlanDraft, "machineType" | "shape">;

/** Why a machine cannot consume the placement's reservation there; null if it can. Spot machines consume none. */
export function refusedReservation(
  { found, absent }: ReservationFinding,
  machine: ReservedMachine,
  { place, market, machineType = machine.machineType }: Candidate,
): string | null {
  if (market === "spot") return null;
  const reservation = found.get(place);
  if (reservation === undefined) return absent.get(place) ?? null;
  const why = mismatch(reservation, machine, machineType);
  return why === null ? null : `reservation ${reservation.name} in ${place} ${why}`;
}

/** In Compute Engine's words as far as they are known: https://github.com/kubernetes/autoscaler/pull/7336 */
function mismatch(
  { status, specificReservationRequired, specificReservation }: ReservationReply,
  { shape }: ReservedMachine,
  machineType: string,
): string | null {
  if (!specificReservationRequired)
    return "can not be targeted as specificReservationRequired is not set";
  if (status !== "READY")
    return `has status ${status}, and a machine requires it to be in READY state`;
  const properties = specificReservation?.instanceProperties ?? null;
  if (properties === null) return null;
  const reserved = lastPart(properties.machineType);
  if (reserved !== "" && reserved !== machineType) return `is for ${reserved}, not ${machineType}`;
  const had = properties.guestAccelerators.map(
    ({ acceleratorType, acceleratorCount }) =>
      `${acceleratorCount ?? 0} × ${lastPart(acceleratorType)}`,
  );
  const wanted = (shape.accelerators ?? []).map(({ type, count }) => `${count} × ${type}`);
  return had.join() === wanted.join()
    ? null
    : `is for machines with ${textOf(had)}, not with ${textOf(wanted)}`;
}

function textOf(accelerators: readonly string[]): string {
  return accelerators.length === 0 ? "no accelerators" : accelerators.join(", ");
}

/**
 * Whether the placement's reservation takes the machine somewhere: a failure if nothing else is left to launch.
 *
 * @param candidates with their verdicts
 */
export function reservationChecks(
  finding: ReservationFinding,
  machine: ReservedMachine,
  candidates: readonly Candidate[],
): readonly Check[] {
  const { name, found, absent, error } = finding;
  const onDemand = candidates.filter(({ market }) => market !== "spot");
  if (name === null || onDemand.length === 0) return [];
  if (found.size === 0 && absent.size === 0) return [unknownReservation(name, error)];
  const refusals = onDemand.map((one) => refusedReservation(finding, machine, one));
  const whys = [...new Set(refusals.flatMap((why) => why ?? []))].join("; ");
  const matching = onDemand.filter((_one, index) => refusals[index] === null);
  if (matching.length > 0) return [usableReservation(finding, name, matching, whys)];
  const failure = {
    code: found.size === 0 ? "NOT_FOUND" : "FAILED_PRECONDITION",
    reason: found.size === 0 ? "RESERVATION_NOT_FOUND" : "RESERVATION_MISMATCH",
    message: `no machine on demand can consume reservation ${name}: ${whys}`,
    remedy:
      found.size === 0
        ? "Correct reservation of the placement (`gcloud compute reservations list`), or give the placement the reservation's zone."
        : "Name another reservation in the placement, or the machine type that it is for.",
  } as const;
  if (candidates.some(({ verdict }) => verdict === "eligible")) return [warning(CHECK, failure)];
  return [failed(CHECK, { ...failure, blastRadius: "market", metadata: { reservation: name } })];
}

function usableReservation(
  { found, error }: ReservationFinding,
  name: string,
  matching: readonly Candidate[],
  whys: string,
): Check {
  const zones = [...new Set(matching.map(({ place }) => place))];
  const uses = zones.map((zone) => ({ zone, use: found.get(zone)?.specificReservation ?? null }));
  const counts = uses.map(({ zone, use }) =>
    use === null ? zone : `${zone} (${use.inUseCount ?? 0} of ${use.count ?? 0} in use)`,
  );
  const message = [`reservation ${name} in ${counts.join(", ")}`, whys, error?.message ?? ""]
    .filter((part) => part !== "")
    .join("; ");
  const isFull = uses.every(({ use }) => use !== null && (use.inUseCount ?? 0) >= (use.count ?? 0));
  if (!isFull) return passed(CHECK, message);
  return warning(CHECK, {
    reason: "RESERVATION_FULL",
    message,
    remedy: "Terminate a machine that uses the reservation, or reserve more.",
  });
}

function unknownReservation(name: string, error: SlipwayError | null): Check {
  if (error === null || obstacleName(error) !== null)
    return skipped(CHECK, "unknown, because no zone could be read");
  return warning(CHECK, {
    reason: error.reason,
    message: `whether reservation ${name} takes the machine is not known: ${error.message}`,
    remedy: error.remedy ?? "Resolve again as an account that may read the reservation.",
  });
}
