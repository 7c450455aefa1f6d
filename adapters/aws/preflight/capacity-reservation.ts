import type { CapacityReservation } from "@aws-sdk/client-ec2";
import type { Candidate } from "../../../src/plan/plan.ts";
import type { PlaceRefusal } from "./place-refusal.ts";

/**
 * Why a machine of the type cannot use the reservation in the zone. EC2 has reservations for on-demand machines only.
 * "Has matching attributes …, has sufficient available capacity, is in the active state":
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/capacity-reservations-launch.html
 *
 * @param where.type EC2's name of the machine type; null if it is not known
 */
export function reservationRefusals(
  reservation: CapacityReservation,
  { market }: Pick<Candidate, "market">,
  { zone, type }: { readonly zone: string | undefined; readonly type: string | null },
): readonly PlaceRefusal[] {
  if (market === "spot") return [];
  const {
    CapacityReservationId: id = "",
    AvailabilityZone,
    AvailableInstanceCount,
    InstanceType,
    State,
  } = reservation;
  const total = reservation.TotalInstanceCount ?? 0;
  const mismatches = [
    ...(AvailabilityZone === zone ? [] : [`${id} is in ${AvailabilityZone}, not in ${zone}`]),
    ...(type === null || InstanceType === type
      ? []
      : [`${id} is for ${InstanceType}, not ${type}`]),
    ...(State === "active" ? [] : [`${id} is ${State}`]),
  ];
  if (mismatches.length > 0)
    return mismatches.map((why) => ({ reason: "RESERVATION_MISMATCH", why }));
  if (AvailableInstanceCount !== 0) return [];
  return [{ reason: "RESERVATION_FULL", why: `${id} has none of its ${total} machines free` }];
}
