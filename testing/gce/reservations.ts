import type { JsonObject } from "../../src/errors.ts";
import { isConsuming, timestamp } from "./lifecycle.ts";
import { fullLink, partialLink, zoneLink } from "./links.ts";
import type { Instance, Reservation } from "./records.ts";
import { unlessEmpty, compact } from "./render.ts";
import type { World } from "./world.ts";

/** A reservation as described by a test. */
export interface ReservationOptions {
  readonly name: string;
  readonly zone: string;
  readonly machineType: string;
  /** Number of machines. */
  readonly count: number;
  readonly accelerators?: Reservation["accelerators"];
  /** Whether only machines that name it consume it. Default true. */
  readonly specificReservationRequired?: boolean;
  /** Default `READY`. */
  readonly status?: Reservation["status"];
}

export function reservationLink(project: string, zone: string, name: string): string {
  return partialLink(project, { kind: "zone", name: zone }, "reservations", name);
}

/** How many machines of all projects consume the reservation. */
export function inUse(world: World, project: string, one: Reservation, now: number): number {
  const link = reservationLink(project, one.zone, one.name);
  const consumes = (owner: string, instance: Instance): boolean =>
    instance.reservation.specific !== null &&
    linkOf(owner, instance.zone, instance.reservation.specific) === link &&
    isConsuming(instance, now);
  return [...world.projects.values()].reduce(
    (count, { id, instances }) =>
      count + [...instances.values()].filter((instance) => consumes(id, instance)).length,
    0,
  );
}

/** The link of a reservation by its value in a request: a name, or `projects/P/reservations/N`. */
function linkOf(project: string, zone: string, value: string): string {
  const [owner, name] = ownerOf(project, value);
  return reservationLink(owner, zone, name);
}

export function ownerOf(project: string, value: string): readonly [owner: string, name: string] {
  const [, owner = project, name = value] =
    /^projects\/([^/]+)\/reservations\/([^/]+)$/.exec(value) ?? [];
  return [owner, name];
}

export function renderReservation(
  world: World,
  project: string,
  one: Reservation,
  now: number,
): JsonObject {
  const { name, zone, machineType, count, accelerators } = one;
  return {
    kind: "compute#reservation",
    id: one.id,
    creationTimestamp: timestamp(one.createdAt),
    name,
    zone: fullLink(zoneLink(project, zone)),
    selfLink: fullLink(reservationLink(project, zone, name)),
    specificReservationRequired: one.specificReservationRequired,
    status: one.status,
    specificReservation: {
      count: String(count),
      inUseCount: String(inUse(world, project, one, now)),
      assuredCount: String(count),
      instanceProperties: compact({
        machineType,
        guestAccelerators: unlessEmpty(
          accelerators.map((each) => ({
            acceleratorType: each.type,
            acceleratorCount: each.count,
          })),
        ),
      }),
    },
    shareSettings: { shareType: "LOCAL" },
  };
}
