import { type Context, reading } from "../action.ts";
import { applyFilters } from "../filters.ts";
import { allVisibleInstances, visibleInstances } from "../instances.ts";
import { page, refusePagingOfIds } from "../paging.ts";
import { FILTERS, PAGING, list, text } from "../parameters.ts";
import { reservationSet } from "../render/instance.ts";
import { instanceFilters } from "./instance-filters.ts";

export const describeInstances = reading(
  { InstanceId: list(text), Filter: FILTERS, ...PAGING },
  {
    name: "DescribeInstances",
    read(context, parameters) {
      const { InstanceId: ids, Filter } = parameters;
      refusePagingOfIds(ids, parameters, "instancesSet");
      const all = ids.length > 0 ? visibleInstances(context, ids) : allVisibleInstances(context);
      const found = applyFilters(all, Filter, instanceFilters(context));
      const shown = page(found, ({ id }) => id, parameters, {
        query: ["DescribeInstances", scopeOf(context), JSON.stringify(Filter)],
        minimum: 5,
        maximum: 1000,
      });
      const view = { region: context.region, types: context.types, at: context.seenAt };
      return { reservationSet: reservationSet(shown.records, view), nextToken: shown.nextToken };
    },
  },
);

/** Paging tokens are valid in one account and region. */
function scopeOf({ account, region }: Context): string {
  return `${account} ${region.name}`;
}
