import type { Context } from "./context.ts";
import { isConsuming } from "./lifecycle.ts";
import { findMachineType } from "./machine-types.ts";
import { regionOf } from "./places.ts";
import type { Instance, OperationError, Pool, QuotaMetric } from "./records.ts";
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
    case "PREEMPTIBLE_CPUS":
      return sum(
        machines.filter((one) => cpuMetric(context, region, isSpot(one)) === metric),
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

/**
 * Spot machines count against a quota of their own if the project has one, and otherwise against the general one.
 * https://cloud.google.com/compute/resource-usage#quotas_for_preemptible_resources
 */
export function cpuMetric(
  { world, project }: Context,
  region: string,
  spot: boolean,
): "CPUS" | "PREEMPTIBLE_CPUS" {
  const own = { project: project.id, region, metric: "PREEMPTIBLE_CPUS" } as const;
  return spot && limitOf(world, own) !== null ? "PREEMPTIBLE_CPUS" : "CPUS";
}

export function isSpot({ scheduling }: Pick<Instance, "scheduling">): boolean {
  return scheduling.provisioningModel === "SPOT";
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

/** How many more machines of the type and market fit into the zone. */
export function freeMachines(
  { world, now }: Context,
  like: Pick<Instance, "machineType" | "zone" | "scheduling">,
): number {
  const taken = (pool: Pool): number =>
    [...world.projects.values()].reduce(
      (count, { instances }) =>
        count +
        [...instances.values()].filter((one) => isOfPool(pool, one) && isConsuming(one, now))
          .length,
      0,
    );
  const free = world.pools
    .filter((pool) => isOfPool(pool, like))
    .map((pool) => Math.max(0, pool.machines - taken(pool)));
  return Math.min(Infinity, ...free);
}

function isOfPool(
  { machineType, zone, market }: Pool,
  one: Pick<Instance, "machineType" | "zone" | "scheduling">,
): boolean {
  return (
    one.machineType === machineType &&
    one.zone === zone &&
    (market === undefined || (market === "spot") === isSpot(one))
  );
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
