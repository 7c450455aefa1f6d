import { invalidArgument } from "../errors.ts";

/** Tokens that calls spend and that return with time. */
export interface RateBucket {
  /** Tokens in a full bucket. */
  readonly capacity: number;
  /** Tokens that return in `everyMilliseconds`. */
  readonly refill: number;
  readonly everyMilliseconds: number;
  /**
   * `continuous`: tokens return one by one (EC2). `window`: at most the capacity may be spent in any such period
   * (Compute Engine's quotas per minute); `refill` is the capacity.
   */
  readonly pace: "continuous" | "window";
}

/** A provider's published limit for one kind of call. */
export interface RateLimit {
  /** The provider's name of the call or quota: `RunInstances`. */
  readonly name: string;
  /** One token for each call. */
  readonly requests: RateBucket;
  /** One token for each machine that a call launches or terminates; null if machines are not counted. */
  readonly resources: RateBucket | null;
}

/** A call that is about to be made. */
export interface RatedCall {
  /** The owner of the buckets, as people and the ledger name it: an account in a region, or a project. */
  readonly scope: string;
  readonly limit: RateLimit;
  /** Machines that the call is for, if the limit counts them. Default: none. */
  readonly resources?: number;
}

/** Paces an adapter's calls, except launches: the spawner waits before it launches. */
export interface Pace {
  /** Resolves when the call may be made; rejects with the signal's reason. */
  wait(call: RatedCall, signal: AbortSignal): Promise<void>;
  /** Notes that the provider throttled the call. */
  throttled(call: RatedCall, retryAfterMilliseconds: number | null): Promise<void>;
}

/**
 * Limits that replace the published ones, because the account has raised limits or others use it as well. A key is a
 * limit's name (`RunInstances`) or its name and scope (`RunInstances of account 123456789012 in us-east-1`).
 */
export type RateSettings = Readonly<Record<string, Partial<Omit<RateLimit, "name">>>>;

/** The limit from the settings for this scope, else for all scopes, else as published. */
export function limitOf(published: RateLimit, scope: string, settings: RateSettings): RateLimit {
  const { name } = published;
  return { ...published, ...settings[name], ...settings[`${name} of ${scope}`] };
}

/**
 * Checks that every key of the settings names a limit.
 *
 * @throws SlipwayError `INVALID_ARGUMENT` / `INVALID_INPUT`
 */
export function checkRates(settings: RateSettings, names: readonly string[]): void {
  for (const key of Object.keys(settings))
    if (!names.some((name) => key === name || key.startsWith(`${name} of `)))
      throw invalidArgument(
        "INVALID_INPUT",
        `there is no rate ${JSON.stringify(key.slice(0, 80))}`,
        `The rates are ${names.join(", ")}; for a single scope, write "${names[0] ?? ""} of …" with the scope that a waiting spawn reports.`,
      );
}

/** For adapters without a governor. */
export const UNPACED: Pace = {
  wait: async () => undefined,
  throttled: async () => undefined,
};
