import { limitOf } from "../../../src/pacing/rates.ts";
import type { RateBucket, RateLimit, RateSettings } from "../../../src/pacing/rates.ts";
import type { GceApiCall } from "./api-calls.ts";

/**
 * Compute Engine's default quotas for each project ("API rate quotas"). Each call costs one unit of one quota,
 * including a bulk insert of a thousand machines. https://cloud.google.com/compute/api-quota
 */
const PUBLISHED = {
  Queries: perMinute(1_500),
  "Read requests": perMinute(1_500),
  "List requests": perMinute(1_500),
  "Heavy-weight read requests": perMinute(750),
  "Operation read requests": perMinute(1_500),
  "Get serial port output requests": perMinute(1_500),
} as const satisfies Readonly<Record<string, RateBucket>>;

export type RateQuota = keyof typeof PUBLISHED;

/** The quota that a method draws from. */
export function quotaOf({ method, changes }: GceApiCall): RateQuota {
  const [service = "", verb = ""] = method.split(".");
  if (service.endsWith("Operations")) return "Operation read requests";
  if (verb === "getSerialPortOutput") return "Get serial port output requests";
  if (changes === true) return "Queries";
  if (verb === "aggregatedList") return "Heavy-weight read requests";
  return verb === "list" ? "List requests" : "Read requests";
}

/** The names of all limits. */
export const RATE_QUOTAS: readonly string[] = Object.keys(PUBLISHED);

/** The limit of a quota: from the settings, otherwise the published one. */
export function rateOf(name: RateQuota, scope: string, settings: RateSettings): RateLimit {
  return limitOf({ name, requests: PUBLISHED[name], resources: null }, scope, settings);
}

/** The scope of the quotas. */
export function rateScope(project: string): string {
  return `project ${project}`;
}

function perMinute(capacity: number): RateBucket {
  return { capacity, refill: capacity, everyMilliseconds: 60_000, pace: "window" };
}
