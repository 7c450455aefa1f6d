import { expect, it } from "vitest";
import { reservationReply } from "../../../../../adapters/gce/client/replies.ts";
import { refusedReservation } from "../../../../../adapters/gce/preflight/reservation-checks.ts";
import { candidate, gcePlan } from "../../../../support/gce-launches.ts";

const ZONE = "us-central1-a";
const T4 = { type: "nvidia-tesla-t4", count: 1 };
const LINK = `projects/p/zones/${ZONE}/acceleratorTypes/nvidia-tesla-t4`;

/** Why a machine of N1 cannot consume a reservation with these properties. */
function refusalOf(
  instanceProperties: object | null,
  accelerators: readonly (typeof T4)[] = [],
): string | null {
  const reservation = reservationReply.parse({
    name: "held",
    status: "READY",
    specificReservationRequired: true,
    ...(instanceProperties === null ? {} : { specificReservation: { instanceProperties } }),
  });
  const found = new Map([[ZONE, reservation]]);
  const { shape } = gcePlan();
  return refusedReservation(
    { name: "held", found, absent: new Map(), error: null },
    { machineType: "n1-standard-4", shape: { ...shape, accelerators } },
    candidate(ZONE),
  );
}

const of = (count: number, acceleratorType = LINK) => ({
  machineType: "n1-standard-4",
  guestAccelerators: [{ acceleratorType, acceleratorCount: count }],
});

it.each([
  [null, []],
  [{ machineType: "n1-standard-4" }, []],
  [of(1), [T4]],
  [of(1, "nvidia-tesla-t4"), [T4]],
])("a reservation with %j takes a machine with %j", (properties, accelerators) => {
  expect(refusalOf(properties, accelerators)).toBeNull();
});

it.each([
  [{ machineType: "n1-standard-8" }, [], "is for n1-standard-8, not n1-standard-4"],
  [of(1), [], "is for machines with 1 × nvidia-tesla-t4, not with no accelerators"],
  [of(2), [T4], "is for machines with 2 × nvidia-tesla-t4, not with 1 × nvidia-tesla-t4"],
  [
    { machineType: "n1-standard-4" },
    [T4],
    "is for machines with no accelerators, not with 1 × nvidia-tesla-t4",
  ],
])("a reservation with %j does not take one with %j", (properties, accelerators, why) => {
  expect(refusalOf(properties, accelerators)).toBe(`reservation held in ${ZONE} ${why}`);
});
