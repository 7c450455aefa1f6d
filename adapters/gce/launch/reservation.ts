import type { Candidate, GcpTarget } from "../../../src/plan/plan.ts";

/** A reservation that the placement names. */
export interface ReservationReference {
  /** Its owner: another project may share it. */
  readonly project: string;
  readonly name: string;
}

/** The placement's own reservation; null if it names none, or only says whether to use any. */
export function reservationOf({
  reservation,
  project,
}: Pick<GcpTarget, "reservation" | "project">): ReservationReference | null {
  if (reservation === undefined || reservation === "none" || reservation === "any") return null;
  const [, owner = project, name = reservation] =
    /^projects\/([^/]+)\/reservations\/([^/]+)$/.exec(reservation) ?? [];
  return { project: owner, name };
}

/**
 * The request's `reservationAffinity`. Spot machines consume no reservation:
 * https://cloud.google.com/compute/docs/instances/reservations-consume#limitations
 */
export function reservationAffinity(
  { reservation }: GcpTarget,
  { market }: Pick<Candidate, "market">,
) {
  if (reservation === undefined || market === "spot") return {};
  switch (reservation) {
    case "none":
      return { reservationAffinity: { consumeReservationType: "NO_RESERVATION" } };
    case "any":
      return { reservationAffinity: { consumeReservationType: "ANY_RESERVATION" } };
    default:
      return {
        reservationAffinity: {
          consumeReservationType: "SPECIFIC_RESERVATION",
          key: RESERVATION_KEY,
          values: [reservation],
        },
      };
  }
}

const RESERVATION_KEY = "compute.googleapis.com/reservation-name";
