import type { RateLimit } from "../substrate/rates.ts";

/** Who comes to a provider's rates. */
export interface RateTurn {
  /** Whose buckets, as `RatedCall` has it. */
  readonly scope: string;
  readonly limit: RateLimit;
  readonly tenant: string;
  /** One queue of the tenant's: each process has its own. */
  readonly line: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** What is wanted of a limit's buckets, all at once. */
export interface RateAsk extends RateTurn {
  /** Calls; as many of them as may go are granted. With resources: one. */
  readonly requests: number;
  /** Machines that the call is for: fewer than the minimum are no use. Null: none are counted. */
  readonly resources: { readonly minimum: number; readonly maximum: number } | null;
}

export type RateAnswer =
  | { readonly granted: true; readonly requests: number; readonly resources: number }
  /** Milliseconds until it is worth asking again, and how many others come first. */
  | { readonly granted: false; readonly wait: number; readonly ahead: number };

/** What has turned out otherwise than the buckets say. */
export type RateCorrection =
  /** The provider refused a call for so many machines as too fast. */
  | {
      readonly kind: "throttled";
      readonly resources: number;
      readonly retryAfterMilliseconds: number | null;
    }
  /** What was granted and not spent after all. */
  | { readonly kind: "unused"; readonly requests: number; readonly resources: number }
  /** The same, though it is to be spent yet: it was granted at a time, and has taken longer than calls do. */
  | {
      readonly kind: "late";
      readonly requests: number;
      readonly resources: number;
      readonly granted: number;
    }
  /** Who asked waits no longer. */
  | { readonly kind: "left" };
