import type { Context } from "./action.ts";
import { Ec2Failure } from "./failure.ts";
import { CAPACITY_RESERVATION_ID, notFound, requireWellFormed } from "./ids.ts";
import type { RunParameters } from "./launch/shape.ts";
import { isConsuming } from "./lifecycle.ts";
import type { CapacityReservation, Market } from "./records.ts";

/** The request of a launch about reservations. Without one, EC2 uses any open reservation. */
type Specification = RunParameters["CapacityReservationSpecification"];

/** The machines of the reservation that no instance uses. */
export function freeInReservation(
  { region, now }: Pick<Context, "region" | "now">,
  { id, machines, state }: CapacityReservation,
): number {
  if (state !== "active") return 0;
  const used = [...region.instances.values()].filter(
    (instance) => instance.capacityReservationId === id && isConsuming(instance, now),
  );
  return Math.max(0, machines - used.length);
}

/** @throws Ec2Failure `InvalidCapacityReservationId.*` */
export function requireReservation(context: Context, specification: Specification): void {
  const id = specification?.CapacityReservationTarget?.CapacityReservationId ?? null;
  if (id === null) return;
  requireWellFormed([id], CAPACITY_RESERVATION_ID);
  if (context.region.capacityReservations.get(id)?.account !== context.account)
    throw notFound([id], CAPACITY_RESERVATION_ID);
}

interface Wanted {
  readonly instanceType: string;
  readonly zone: string;
  readonly market: Market;
  /** The least number of machines, and the most. */
  readonly least: number;
  readonly most: number;
}

/**
 * The reservation into which a launch goes; null if it is to use other capacity. One that does not match the launch is
 * refused like a full one: "does not have sufficient compatible and available capacity".
 *
 * @throws Ec2Failure `ReservationCapacityExceeded`
 */
export function reservationFor(
  context: Context,
  specification: Specification,
  wanted: Wanted,
): { readonly id: string; readonly free: number } | null {
  const { CapacityReservationPreference: preference, CapacityReservationTarget: target } =
    specification ?? {};
  const isRequired = target !== null && target !== undefined;
  if (preference === "none" || wanted.market === "spot") return null;
  const found = [...context.region.capacityReservations.values()]
    .filter((one) => one.account === context.account && isNamed(one, specification))
    .filter(
      ({ instanceType, zone }) => instanceType === wanted.instanceType && zone === wanted.zone,
    )
    .map((one) => ({ id: one.id, free: freeInReservation(context, one) }));
  if (isRequired || preference === "capacity-reservations-only") {
    const room = found.find(({ free }) => free >= wanted.least);
    if (room !== undefined) return room;
    throw new Ec2Failure(
      "ReservationCapacityExceeded",
      "The requested reservation does not have sufficient compatible and available capacity for this request.",
    );
  }
  return found.find(({ free }) => free >= wanted.most) ?? null;
}

function isNamed(one: CapacityReservation, specification: Specification): boolean {
  const { CapacityReservationId: id, CapacityReservationResourceGroupArn: group } =
    specification?.CapacityReservationTarget ?? {};
  if (typeof id === "string") return one.id === id;
  if (typeof group === "string") return one.groupArns.includes(group);
  return one.matchCriteria === "open";
}
