import type { Context } from "./context.ts";
import { isConsuming } from "./lifecycle.ts";
import { findMachineType } from "./machine-types.ts";
import { regionOf } from "./places.ts";
import type { Instance, OperationError, QuotaMetric } from "./records.ts";
import type { World } from "./world.ts";

/** Usage of a region's quotas. */
export type Usage = Readonly<Record<QuotaMetric, number>>;

interface QuotaKey {
  readonly project: string;
  readonly region: string;
  readonly metric: QuotaMetric;
}

/** The configured limit, or null. */
export function limitOf({ quotas }: World, { project, region, metric }: QuotaKey): number | null {
  const quota = quotas.find(
    (one) => one.project === project && one.region === region && one.metric === metric,
  );
  return quota?.limit ?? null;
}

/** The project's usage of the metric in the region. */
export function usageOf(context: Context, region: string, metric: QuotaMetric): number {
  const { project, now } = context;
  if (metric === "DISKS_TOTAL_GB")
    return sum(
      [...project.disks.values()].filter(({ zone }) => regionOf(zone) === region),
      ({ sizeGb }) => sizeGb,
    );
  const machines = [...project.instances.values()].filter(
    (one) => regionOf(one.zone) === region && isConsuming(one, now),
  );
  switch (metric) {
    case "CPUS":
      return sum(
        machines,
        ({ machineType, zone }) =>
          findMachineType(context.machineTypes, machineType, zone)?.guestCpus ?? 0,
      );
    case "INSTANCES":
      return machines.length;
    case "IN_USE_ADDRESSES":
      return sum(
        machines,
        ({ networks }) => networks.filter(({ external }) => external !== null).length,
      );
  }
}

function sum<T>(records: readonly T[], measure: (record: T) => number): number {
  return records.reduce((total, record) => total + measure(record), 0);
}

/** The first quota that this additional usage would exceed, as the error of the operation; null if there is none. */
export function exceededQuota(
  context: Context,
  region: string,
  added: Usage,
): OperationError | null {
  for (const { project, region: place, metric, limit } of context.world.quotas) {
    if (project !== context.project.id || place !== region || added[metric] === 0) continue;
    if (usageOf(context, region, metric) + added[metric] > limit)
      return quotaExceeded(region, metric, limit);
  }
  return null;
}

export function quotaExceeded(region: string, metric: QuotaMetric, limit: number): OperationError {
  return {
    code: "QUOTA_EXCEEDED",
    message: `Quota '${metric}' exceeded.  Limit: ${limit.toFixed(1)} in region ${region}.`,
    location: null,
    httpStatus: 403,
    quota: {
      metricName: `compute.googleapis.com/${metric.toLowerCase()}`,
      limitName: `${metric.replaceAll("_", "-")}-per-project-region`,
      dimensions: { region },
      limit,
    },
  };
}

/** How many more machines of the type fit into the zone. */
export function freeMachines({ world, now }: Context, machineType: string, zone: string): number {
  const pool = world.pools.find((one) => one.machineType === machineType && one.zone === zone);
  if (pool === undefined) return Infinity;
  const isOfPool = (one: Instance): boolean =>
    one.machineType === machineType && one.zone === zone && isConsuming(one, now);
  const taken = [...world.projects.values()].reduce(
    (count, { instances }) => count + [...instances.values()].filter(isOfPool).length,
    0,
  );
  return Math.max(0, pool.machines - taken);
}

export function poolExhausted(project: string, zone: string): OperationError {
  return {
    code: "ZONE_RESOURCE_POOL_EXHAUSTED",
    message: `The zone 'projects/${project}/zones/${zone}' does not have enough resources available to fulfill the request.  Try a different zone, or try again later.`,
    location: null,
    httpStatus: 503,
    quota: null,
  };
}
