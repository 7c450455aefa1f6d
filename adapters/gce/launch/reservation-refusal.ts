import type { SlipwayError, SlipwayErrorOptions } from "../../../src/errors.ts";
import { gcpTarget } from "../target.ts";
import { invalidField } from "../errors/invalid-field.ts";
import type { Launch } from "../../../src/substrate/contract.ts";
import { reservationOf } from "./reservation.ts";

type ReservationChange = Required<
  Pick<SlipwayErrorOptions, "code" | "reason" | "remedy" | "blastRadius" | "retry">
>;

/** A reservation is of one zone and one machine type, and spot machines consume none. */
const THERE = { blastRadius: "type-in-zone", retry: "next-candidate" } as const;

const MISMATCH: ReservationChange = {
  code: "FAILED_PRECONDITION",
  reason: "RESERVATION_MISMATCH",
  remedy: "Name another reservation in the placement, or the machine type that it is for.",
  ...THERE,
};

/**
 * The API's own forms; their code is a general `CONDITION_NOT_MET`.
 * https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/cloudprovider/gce/autoscaling_gce_client.go
 */
const FORMS: readonly (readonly [RegExp, ReservationChange])[] = [
  [
    /\bSpecified reservations? .+ (?:does|do) not exist\b|\bCould not find the given reservation\b/,
    {
      code: "NOT_FOUND",
      reason: "RESERVATION_NOT_FOUND",
      remedy: "Correct reservation of the placement, or give the placement the reservation's zone.",
      ...THERE,
    },
  ],
  [
    /\bSpecified reservation .+ does not have available resources\b/,
    {
      code: "RESOURCE_EXHAUSTED",
      reason: "RESERVATION_FULL",
      remedy: "Terminate a machine that uses the reservation, or reserve more.",
      ...THERE,
    },
  ],
  [/\breservations?\b/i, MISMATCH],
];

/** The meaning of a refusal of the placement's reservation; null if it is about something else. */
export function refusedByReservation(
  { reason, message, metadata }: SlipwayError,
  { plan, place: { market } }: Pick<Launch, "plan" | "place">,
): ReservationChange | null {
  if (reason !== "CLOUD_REQUEST_REFUSED" || market === "spot") return null;
  if (reservationOf(gcpTarget(plan)) === null) return null;
  if (invalidField(message) === "reservationAffinity") return MISMATCH;
  if (!UNMET.has(metadata["provider_code"])) return null;
  return FORMS.find(([form]) => form.test(message))?.[1] ?? null;
}

const UNMET: ReadonlySet<unknown> = new Set(["CONDITION_NOT_MET", "conditionNotMet"]);
