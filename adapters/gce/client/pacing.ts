import type { Pace, RateSettings } from "../../../src/pacing/rates.ts";
import type { GceApiCall } from "./api-calls.ts";
import { quotaOf, rateOf, rateScope } from "./rates.ts";

export interface PacingOptions {
  readonly project: string;
  readonly pace: Pace;
  readonly rates: RateSettings;
}

/** Paces one call: awaited before it is sent, and notified when Compute Engine throttled it. */
export interface CallPace {
  wait(signal: AbortSignal): Promise<void>;
  throttled(retryAfterSeconds: number | null): Promise<void>;
}

export type GcePacing = (call: GceApiCall) => CallPace;

/** A launch is not paced here: the launch queue has waited for it already. */
const LAUNCHES: ReadonlySet<string> = new Set(["instances.insert", "instances.bulkInsert"]);
const AT_ONCE: CallPace = { wait: async () => undefined, throttled: async () => undefined };

export function createPacing({ project, pace, rates }: PacingOptions): GcePacing {
  const scope = rateScope(project);
  return (call) => {
    if (LAUNCHES.has(call.method)) return AT_ONCE;
    const rated = { scope, limit: rateOf(quotaOf(call), scope, rates) };
    return {
      wait: async (signal) => await pace.wait(rated, signal),
      throttled: async (seconds) =>
        await pace.throttled(rated, seconds === null ? null : seconds * 1_000),
    };
  };
}
