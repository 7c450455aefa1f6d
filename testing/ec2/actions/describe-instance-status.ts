import { reading } from "../action.ts";
import { type FilterTable, applyFilters } from "../filters.ts";
import { allVisibleInstances, visibleInstances } from "../instances.ts";
import { instanceState, stateFields } from "../lifecycle.ts";
import { page, refusePagingOfIds } from "../paging.ts";
import { FILTERS, PAGING, flag, list, text } from "../parameters.ts";
import type { Instance } from "../records.ts";
import type { XmlFields } from "../xml.ts";

export const describeInstanceStatus = reading(
  { InstanceId: list(text), Filter: FILTERS, IncludeAllInstances: flag, ...PAGING },
  {
    name: "DescribeInstanceStatus",
    read(context, parameters) {
      const { InstanceId: ids, Filter, IncludeAllInstances } = parameters;
      refusePagingOfIds(ids, parameters, "instancesSet");
      const { region, seenAt } = context;
      const stateOf = (one: Instance) => instanceState(one, seenAt) ?? "pending";
      const table: FilterTable<Instance> = {
        "availability-zone": (one) => one.zone,
        "instance-state-code": (one) => stateFields(stateOf(one)).code,
        "instance-state-name": stateOf,
        "instance-status.status": (one) => statusOf(stateOf(one)),
        "system-status.status": (one) => statusOf(stateOf(one)),
      };
      const all = ids.length > 0 ? visibleInstances(context, ids) : allVisibleInstances(context);
      const shown = page(
        applyFilters(
          // "By default, includes running instances only, unless specified otherwise."
          all.filter((one) => IncludeAllInstances === true || stateOf(one) === "running"),
          Filter,
          table,
        ),
        ({ id }) => id,
        parameters,
        {
          query: ["DescribeInstanceStatus", context.account, region.name, JSON.stringify(Filter)],
          minimum: 5,
          maximum: 1000,
        },
      );
      return {
        instanceStatusSet: shown.records.map((one) => {
          const status = statusFields(statusOf(stateOf(one)));
          return {
            instanceId: one.id,
            availabilityZone: one.zone,
            instanceState: stateFields(stateOf(one)),
            systemStatus: status,
            instanceStatus: status,
          };
        }),
        nextToken: shown.nextToken,
      };
    },
  },
);

function statusOf(state: string): string {
  return state === "running" ? "ok" : "not-applicable";
}

function statusFields(status: string): XmlFields {
  return status === "ok"
    ? { status, details: [{ name: "reachability", status: "passed" }] }
    : { status };
}
