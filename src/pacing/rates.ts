import { invalidArgument } from "../errors.ts";

/** How often a provider lets its calls be made: what it publishes, as data. */

/** Tokens that calls spend, and that come back with time. */
export interface RateBucket {
  /** Tokens when it is full. */
  readonly capacity: number;
  /** Tokens that come back in `everyMilliseconds`. */
  readonly refill: number;
  readonly everyMilliseconds: number;
  /**
   * `continuous`: they flow back bit by bit (EC2). `window`: so many may be spent in any such time, and come back
   * together at its end (Compute Engine's quotas of a minute); `refill` is the capacity.
   */
  readonly pace: "continuous" | "window";
}

/** What one kind of call spends. */
export interface RateLimit {
  /** Of the call or quota, as the provider names it: `RunInstances`. */
  readonly name: string;
  /** One token a call. */
  readonly requests: RateBucket;
  /** One token for each machine that a call makes or ends; null where they are not counted. */
  readonly resources: RateBucket | null;
}

/** A call that is about to be made. */
export interface RatedCall {
  /** Whose buckets: an account in a region, or a project, in words that people and the ledger tell it by. */
  readonly scope: string;
  readonly limit: RateLimit;
  /** Machines that it is for, where the limit counts them. Default: none. */
  readonly resources?: number;
}

/** What adapters ask before each call, but for a launch, which whoever launches has waited for. */
export interface Pace {
  /** Resolves when the call may be made; rejects with the signal's reason. */
  wait(call: RatedCall, signal: AbortSignal): Promise<void>;
  /** Says that the provider has refused the call for coming too fast. */
  throttled(call: RatedCall, retryAfterMilliseconds: number | null): Promise<void>;
}

/**
 * Limits that differ from the published ones, because an account was given more or is to be left some: by the limit's
 * name (`RunInstances`), or by its name and scope (`RunInstances of account 123456789012 in us-east-1`).
 */
export type RateSettings = Readonly<Record<string, Partial<Omit<RateLimit, "name">>>>;

/** The limit as the settings have it for this scope, else for all, else as it is published. */
export function limitOf(published: RateLimit, scope: string, settings: RateSettings): RateLimit {
  const { name } = published;
  return { ...published, ...settings[name], ...settings[`${name} of ${scope}`] };
}

/**
 * Holds settings to the limits that there are.
 *
 * @throws SlipwayError `INVALID_ARGUMENT` / `INVALID_INPUT`
 */
export function checkRates(settings: RateSettings, names: readonly string[]): void {
  for (const key of Object.keys(settings))
    if (!names.some((name) => key === name || key.startsWith(`${name} of `)))
      throw invalidArgument(
        "INVALID_INPUT",
        `there is no rate ${JSON.stringify(key.slice(0, 80))}`,
        `The rates are ${names.join(", ")}; of one scope, such as "${names[0] ?? ""} of …" as a waiting spawn tells it.`,
      );
}

/** For adapters that nobody governs. */
export const UNPACED: Pace = {
  wait: async () => undefined,
  throttled: async () => undefined,
};
