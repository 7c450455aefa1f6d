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

/** Other machine types may need less of the quota, or nothing of it. */
const OF_TYPE = { blastRadius: "type-in-market", retry: "next-candidate" } as const;

/** The scope of the quota, by its metric and dimensions. Without dimensions it is the project's in all regions. */
export function quotaVerdict(quota: ExceededQuota | null): Partial<GceVerdict> {
  if (quota === null) return {};
  const { dimensions, limitName, limit, metricName } = quota;
  const isOfType = OF_MACHINE_TYPES.test(metricName);
  const which = `${limitName}${limit === null ? "" : ` (${limit})`}`;
  const raise = `ask for a higher quota ${which}`;
  if ("zone" in dimensions)
    return {
      remedy: `Terminate machines in zone ${dimensions["zone"] ?? ""}, give the placement more zones, or ${raise}.`,
      blastRadius: "zone",
      retry: "next-candidate",
    };
  if ("region" in dimensions)
    return {
      remedy: `Terminate machines in region ${dimensions["region"] ?? ""}, or ${raise}: another zone of the region has the same.`,
      ...(isOfType ? OF_TYPE : { blastRadius: "region", retry: "never" }),
    };
  return {
    remedy: `Terminate machines of the project, or ${raise}.`,
    ...(isOfType ? OF_TYPE : { blastRadius: "account", retry: "never" }),
  };
}

export function quotaMetadata(quota: ExceededQuota | null): JsonObject {
  if (quota === null) return {};
  const { metricName, limitName, dimensions, limit } = quota;
  return {
    quota: { metric: metricName, limit_name: limitName, limit, dimensions: { ...dimensions } },
  };
}
