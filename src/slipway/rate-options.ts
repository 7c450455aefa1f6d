import { invalidArgument } from "../errors.ts";
import { checkOptions } from "../json/check-options.ts";
import type { ShapeOf } from "../json/check-options.ts";
import type { Substrate } from "../plan/plan.ts";
import type { RateBucket, RateLimit, RateSettings } from "../pacing/rates.ts";

/** Call rates that differ from those that the providers publish. */
export type RateOptions = Partial<Readonly<Record<Exclude<Substrate, "DOCKER">, RateSettings>>>;

const SUBSTRATES: ShapeOf<RateOptions> = { AWS: "object", GCP: "object" };
const LIMIT: ShapeOf<Omit<RateLimit, "name">> = { requests: "object", resources: "object" };
const BUCKET: ShapeOf<RateBucket> = {
  capacity: "whole number",
  refill: "whole number",
  everyMilliseconds: "whole number",
  pace: ["continuous", "window"],
};

/**
 * Validates the shape of the `rates` option. The adapters validate the names.
 *
 * @throws SlipwayError `INVALID_ARGUMENT` / `INVALID_INPUT`
 */
export function checkRateOptions(rates: RateOptions): void {
  checkOptions("createSlipway's rates", rates, SUBSTRATES);
  for (const settings of [rates.AWS ?? {}, rates.GCP ?? {}])
    for (const [name, limit] of Object.entries(settings)) {
      const subject = `the rate ${JSON.stringify(name.slice(0, 80))}`;
      checkOptions(subject, withoutNull(limit), LIMIT);
      for (const bucket of [limit.requests, limit.resources])
        if (bucket !== undefined && bucket !== null) checkBucket(subject, bucket);
    }
}

/** Removes `resources: null`, which means that the limit does not count machines. */
function withoutNull(limit: RateSettings[string] | null): unknown {
  if (limit?.resources !== null) return limit;
  const { resources: _none, ...rest } = limit;
  return rest;
}

function checkBucket(subject: string, bucket: RateBucket): void {
  checkOptions(subject, bucket, BUCKET);
  const { capacity, refill, everyMilliseconds } = bucket;
  const isWhole = [capacity, refill, everyMilliseconds].every((value) => value >= 1);
  if (!isWhole || !Object.hasOwn(bucket, "pace"))
    throw invalidArgument(
      "INVALID_INPUT",
      `${subject} needs a pace, and a capacity, refill and everyMilliseconds that are >= 1`,
      'For example { capacity: 100, refill: 20, everyMilliseconds: 1000, pace: "continuous" }.',
    );
}
