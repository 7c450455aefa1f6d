import { reading } from "../action.ts";
import { type FilterTable, applyFilters } from "../filters.ts";
import { SPOT_REQUEST_ID, lookUp } from "../ids.ts";
import { allVisibleInstances } from "../instances.ts";
import { timestamp } from "../lifecycle.ts";
import { FILTERS, list, text } from "../parameters.ts";
import type { Instance } from "../records.ts";

/** A launch on the spot market has a request for each of its instances. */
interface SpotRequest {
  readonly id: string;
  readonly instance: Instance;
}

export const describeSpotInstanceRequests = reading(
  { SpotInstanceRequestId: list(text), Filter: FILTERS },
  {
    name: "DescribeSpotInstanceRequests",
    read(context, { SpotInstanceRequestId: ids, Filter }) {
      const requests = allVisibleInstances(context).flatMap((instance): readonly SpotRequest[] =>
        instance.spotRequestId === null ? [] : [{ id: instance.spotRequestId, instance }],
      );
      const byId = new Map(requests.map((one) => [one.id, one]));
      const all =
        ids.length === 0 ? requests : lookUp(ids, SPOT_REQUEST_ID, (id) => byId.get(id) ?? null);
      return {
        spotInstanceRequestSet: applyFilters(all, Filter, REQUEST_FILTERS).map(
          ({ id, instance }) => ({
            spotInstanceRequestId: id,
            // EC2 shows the on-demand price if the request has none.
            spotPrice: instance.maxPrice,
            type: "one-time",
            state: "active",
            instanceId: instance.id,
            createTime: timestamp(instance.launchTime),
            productDescription: "Linux/UNIX",
            launchedAvailabilityZone: instance.zone,
            instanceInterruptionBehavior: "terminate",
          }),
        ),
      };
    },
  },
);

const REQUEST_FILTERS: FilterTable<SpotRequest> = {
  "instance-id": ({ instance }) => instance.id,
  "launched-availability-zone": ({ instance }) => instance.zone,
  "spot-instance-request-id": ({ id }) => id,
};
