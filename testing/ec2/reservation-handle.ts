import { invalidArgument } from "../../src/errors.ts";
import type { Ec2 } from "./answer.ts";
import type { CapacityReservation } from "./records.ts";
import { type Region, newId } from "./world.ts";

export interface ReservationOptions extends Pick<
  CapacityReservation,
  "instanceType" | "machines" | "zone"
> {
  /** Default `open`: also for launches that name no reservation. */
  readonly matchCriteria?: CapacityReservation["matchCriteria"];
  /** The resource groups that it is in. */
  readonly groupArns?: readonly string[];
}

/** The capacity reservations of a region, for tests to create and change. */
export interface Ec2Reservations {
  /** @returns the reservation's id */
  addCapacityReservation(options: ReservationOptions): string;
  changeCapacityReservation(
    id: string,
    change: Partial<Pick<CapacityReservation, "machines" | "state">>,
  ): void;
}

export function reservationVerbs({
  ec2,
  region,
  account,
}: {
  readonly ec2: Ec2;
  readonly region: Region;
  readonly account: string;
}): Ec2Reservations {
  return {
    addCapacityReservation({ groupArns = [], matchCriteria = "open", ...options }) {
      const id = newId(ec2.world, "cr");
      region.capacityReservations.set(id, {
        id,
        account,
        ...options,
        matchCriteria,
        groupArns: [...groupArns],
        state: "active",
        createdAt: ec2.now(),
      });
      ec2.save();
      return id;
    },
    changeCapacityReservation(id, change) {
      const found = region.capacityReservations.get(id);
      if (found === undefined) throw invalidArgument("INVALID_INPUT", `the fake has no ${id}`);
      region.capacityReservations.set(id, { ...found, ...change });
      ec2.save();
    },
  };
}
