import { reading } from "../action.ts";
import { freeInReservation } from "../capacity-reservations.ts";
import { type FilterTable, applyFilters } from "../filters.ts";
import { CAPACITY_RESERVATION_ID, lookUp } from "../ids.ts";
import { timestamp } from "../lifecycle.ts";
import { FILTERS, list, text } from "../parameters.ts";
import type { CapacityReservation } from "../records.ts";

export const describeCapacityReservations = reading(
  { CapacityReservationId: list(text), Filter: FILTERS },
  {
    name: "DescribeCapacityReservations",
    read(context, { CapacityReservationId: ids, Filter }) {
      const { region, account } = context;
      const own = [...region.capacityReservations.values()].filter(
        (one) => one.account === account,
      );
      const byId = new Map(own.map((one) => [one.id, one]));
      const all =
        ids.length === 0 ? own : lookUp(ids, CAPACITY_RESERVATION_ID, (id) => byId.get(id) ?? null);
      return {
        capacityReservationSet: applyFilters(all, Filter, RESERVATION_FILTERS).map((one) => ({
          capacityReservationId: one.id,
          ownerId: one.account,
          instanceType: one.instanceType,
          instancePlatform: "Linux/UNIX",
          availabilityZone: one.zone,
          tenancy: "default",
          totalInstanceCount: one.machines,
          availableInstanceCount: freeInReservation(context, one),
          ebsOptimized: false,
          ephemeralStorage: false,
          state: one.state,
          startDate: timestamp(one.createdAt),
          createDate: timestamp(one.createdAt),
          endDateType: "unlimited",
          instanceMatchCriteria: one.matchCriteria,
        })),
      };
    },
  },
);

const RESERVATION_FILTERS: FilterTable<CapacityReservation> = {
  "availability-zone": ({ zone }) => zone,
  "instance-match-criteria": ({ matchCriteria }) => matchCriteria,
  "instance-type": ({ instanceType }) => instanceType,
  "owner-id": ({ account }) => account,
  state: ({ state }) => state,
};
