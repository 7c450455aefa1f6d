import { GceFailure } from "./failure.ts";
import type { Route } from "./route.ts";

/** A request quota per minute and project. */
export interface RateQuota {
  /** Name in the error message: `Queries`. */
  readonly metric: string;
  readonly perMinute: number;
}

/** Returns the quota of a call, or null if the call is not limited. */
export type RateTable = (call: Pick<Route, "id" | "isMutation">) => RateQuota | null;

/** The default quotas that Google publishes ("API rate quotas" of Compute Engine). */
export const publishedRates: RateTable = ({ id, isMutation }) => {
  const [service = "", method = ""] = id.split(".");
  if (service.endsWith("Operations")) return { metric: "Operation read requests", perMinute: 1500 };
  if (method === "getSerialPortOutput")
    return { metric: "Get serial port output requests", perMinute: 1500 };
  if (isMutation) return { metric: "Queries", perMinute: 1500 };
  if (method === "aggregatedList") return { metric: "Heavy-weight read requests", perMinute: 750 };
  if (method === "list") return { metric: "List requests", perMinute: 1500 };
  return { metric: "Read requests", perMinute: 1500 };
};

export const noRates: RateTable = () => null;

/** Counts of the current minute, by project and metric. The server keeps them. */
export type RateCounts = Map<string, { minute: number; count: number }>;

/** Takes one unit of the call's quota. @throws GceFailure `rateLimitExceeded` until the minute is over. */
export function takeRate(
  counts: RateCounts,
  quota: RateQuota | null,
  at: { readonly project: string; readonly now: number },
): void {
  if (quota === null) return;
  const key = JSON.stringify([at.project, quota.metric]);
  const minute = Math.floor(at.now / 60_000);
  const known = counts.get(key);
  const count = known?.minute === minute ? known.count : 0;
  if (count >= quota.perMinute) throw rateLimitExceeded(quota.metric);
  counts.set(key, { minute, count: count + 1 });
}

export function rateLimitExceeded(metric: string): GceFailure {
  return new GceFailure(
    "rateLimitExceeded",
    `Quota exceeded for quota metric '${metric}' and limit '${metric} per minute' of service 'compute.googleapis.com'.`,
  );
}
