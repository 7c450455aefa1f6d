import type { JsonObject } from "../../../src/errors.ts";
import type { GceVerdict } from "./error-rules.ts";

/** The `quotaInfo` of an operation's error. */
export interface ExceededQuota {
  /** `compute.googleapis.com/gpus_all_regions` */
  readonly metricName: string;
  /** `GPUS-ALL-REGIONS-per-project` */
  readonly limitName: string;
  /** The scope of the limit: a region, a zone, a VM family. */
  readonly dimensions: Readonly<Record<string, string>>;
  readonly limit: number | null;
}

/** Metrics of vCPUs and GPUs, most of them of one family: `n2_cpus`, `nvidia_t4_gpus`, `cpus_per_vm_family`. */
const OF_MACHINE_TYPES = /(?:^|[_/])(?:cpus|gpus)(?:_|$)/;

/** Metrics that count spot machines alone: `preemptible_cpus`, `preemptible_local_ssd_gb`. */
const OF_SPOT = /(?:^|[_/])preemptible_/;

/** Other machine types may need less of the quota, or nothing of it. */
const OF_TYPE = { blastRadius: "type-in-market", retry: "next-candidate" } as const;

/**
 * Machines on demand do not use the quota.
 * https://cloud.google.com/compute/resource-usage#quotas_for_preemptible_resources
 */
const OF_MARKET = { blastRadius: "market", retry: "next-candidate" } as const;

/** The API's own form: `Quota 'GPUS_ALL_REGIONS' exceeded.  Limit: 0.0 globally.` */
const EXCEEDED =
  /Quota '([A-Z0-9_]+)' exceeded\.\s+Limit: (\d+(?:\.\d+)?) (?:globally|in (region|zone) ([a-z0-9-]+))\./;

/** The quota that a message without details names; null for any other message. */
export function quotaIn(message: string): ExceededQuota | null {
  const [, limitName, limit, scope, place = ""] = EXCEEDED.exec(message) ?? [];
  if (limitName === undefined) return null;
  return {
    metricName: `compute.googleapis.com/${limitName.toLowerCase()}`,
    limitName,
    dimensions: scope === undefined ? {} : { [scope]: place },
    limit: Number(limit),
  };
}

/** The scope of the quota, by its metric and dimensions. Without dimensions it is the project's in all regions. */
export function quotaVerdict(quota: ExceededQuota | null): Partial<GceVerdict> {
  if (quota === null) return {};
  const { dimensions, metricName } = quota;
  const { zone, region } = dimensions;
  const isOfType = OF_MACHINE_TYPES.test(metricName);
  const others = OF_SPOT.test(metricName) ? OF_MARKET : null;
  if (zone !== undefined)
    return {
      remedy: remedyOf(quota, `in zone ${zone}`, ["give the placement more zones"]),
      blastRadius: "zone",
      retry: "next-candidate",
    };
  if (region !== undefined)
    return {
      remedy: `${remedyOf(quota, `in region ${region}`)} All zones of the region share it; another region has its own.`,
      ...(isOfType ? OF_TYPE : (others ?? { blastRadius: "region", retry: "never" })),
    };
  return {
    remedy: remedyOf(quota, "of the project"),
    ...(isOfType ? OF_TYPE : (others ?? { blastRadius: "account", retry: "never" })),
  };
}

/** A quota of 0 has no machines to terminate. */
function remedyOf(
  { limitName, limit }: ExceededQuota,
  where: string,
  more: readonly string[] = [],
): string {
  const terminate = limit === 0 ? [] : [`terminate machines ${where}`];
  const raise = `ask for a higher quota ${limitName}${limit === null ? "" : ` (now ${limit})`}`;
  const text = [...terminate, ...more, raise].join(", or ");
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

export function quotaMetadata(quota: ExceededQuota | null): JsonObject {
  if (quota === null) return {};
  const { metricName, limitName, dimensions, limit } = quota;
  return {
    quota: { metric: metricName, limit_name: limitName, limit, dimensions: { ...dimensions } },
  };
}
