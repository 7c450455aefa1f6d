import type { Context } from "../context.ts";
import { GceFailure, invalidField } from "../failure.ts";
import type { MachineType } from "../machine-types.ts";
import type { Instance, OperationError, Reservation } from "../records.ts";
import { inUse, ownerOf } from "../reservations.ts";
import { isSpot } from "../usage.ts";
import { projectOf } from "../world.ts";
import type { InstanceProperties } from "./request.ts";

const KEY = /^(?:compute\.)?googleapis\.com\/reservation-name$/;

/**
 * The reservations that a machine may consume.
 *
 * @throws GceFailure for a specific one that cannot be named, in Compute Engine's words
 */
export function reservationsOf(
  context: Context,
  { reservationAffinity: requested }: InstanceProperties,
  { zone, scheduling }: Pick<Instance, "zone" | "scheduling">,
): Instance["reservation"] {
  const refusedAffinity = (why: string) =>
    invalidField("resource.reservationAffinity", JSON.stringify(requested ?? {}), why);
  const spot = isSpot({ scheduling });
  const type = requested?.consumeReservationType ?? (spot ? "NO_RESERVATION" : "ANY_RESERVATION");
  if (type !== "SPECIFIC_RESERVATION") return { type, specific: null };
  const [specific] = requested?.values ?? [];
  if (specific === undefined || !KEY.test(requested?.key ?? ""))
    throw refusedAffinity("Specific reservations need a key and values.");
  if (spot) throw refusedAffinity("Spot VMs can't consume reservations.");
  const reservation = find(context, zone, specific);
  if (reservation === null)
    throw new GceFailure("conditionNotMet", `Specified reservations [${specific}] do not exist.`);
  if (!reservation.specificReservationRequired)
    throw refusedAffinity(
      `Specified reservations [projects/${context.project.id}/reservations/${reservation.name}] can not be targeted as specificReservationRequired is not set`,
    );
  if (reservation.status !== "READY")
    throw new GceFailure(
      "conditionNotMet",
      `Cannot insert instance to a reservation with status: ${reservation.status}, as it requires reservation to be in READY state.`,
    );
  return { type, specific };
}

/** Why a specific reservation takes no further machine, as the error of the operation; null if it does. */
export function reservationShortage(
  context: Context,
  {
    zone,
    machineType,
    fixed,
  }: {
    readonly zone: string;
    readonly machineType: MachineType;
    readonly fixed: Pick<Instance, "reservation" | "accelerators">;
  },
  count: number,
): OperationError | null {
  const { specific } = fixed.reservation;
  const reservation = specific === null ? null : find(context, zone, specific);
  if (specific === null || reservation === null) return null;
  const [owner] = ownerOf(context.project.id, specific);
  const isFor =
    reservation.machineType === machineType.name &&
    JSON.stringify(reservation.accelerators) === JSON.stringify(fixed.accelerators);
  if (!isFor) return unmet(`No available resources in specified reservations '${specific}'`);
  return inUse(context.world, owner, reservation, context.now) + count > reservation.count
    ? unmet(
        `Specified reservation '${specific}' does not have available resources for the request.`,
      )
    : null;
}

function find({ world, project }: Context, zone: string, specific: string): Reservation | null {
  const [owner, name] = ownerOf(project.id, specific);
  return projectOf(world, owner).reservations.get(`${zone}/${name}`) ?? null;
}

function unmet(message: string): OperationError {
  return { code: "CONDITION_NOT_MET", message, location: null, httpStatus: 412, quota: null };
}
