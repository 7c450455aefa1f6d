import type { RateLimit } from "./rates.ts";

/** One kind of call in one scope. */
export interface RateKey {
  /** Whose buckets, as `RatedCall` has it. */
  readonly scope: string;
  readonly limit: RateLimit;
}

/** Who comes to a provider's rates. */
export interface RateCaller extends RateKey {
  readonly tenant: string;
  /** One queue of the tenant's: each process has its own. */
  readonly queueId: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** What was granted to a launch that is not on record yet: where its process is gone by then, nobody spends it. */
export interface Reservation {
  /** Told apart from all others of its limit. */
  readonly id: number;
  readonly queueId: string;
  readonly requests: number;
  readonly resources: number;
  readonly at: number;
}

/** What a launch spends, told with its record, in the same transaction. */
export interface Spent extends RateKey {
  readonly reservation: Reservation;
}

/** What is wanted of a limit's buckets, all at once. */
export interface RateRequest extends RateCaller {
  /** Calls; as many of them as may go are granted. With resources: one. */
  readonly requests: number;
  /** Machines that the call is for: fewer than the minimum are no use. Null: none are counted. */
  readonly resources: { readonly minimum: number; readonly maximum: number } | null;
  /** Whether it is for a launch, which says when it is on record. */
  readonly isReserved?: boolean;
  /** True for the line of a process that is known to be gone. */
  readonly isGone: (queueId: string) => boolean;
}

/**
 * What a launch spends: what it was granted before, or what it asks for in the transaction of its record, which may come
 * much later. Null by then: it is wanted no more, or not so.
 */
export type Spending = Spent | (() => RateRequest | null);

/**
 * Keeps the state of the rates for all processes and tenants that share it. It survives its process; it need not survive
 * a power cut, after which the provider's own buckets are full.
 */
export interface RateStore {
  /** Spends what may be spent now, or says when to ask again; all tenants and processes take turns. */
  spend(ask: RateRequest): Promise<RateAnswer>;
  /** Corrects what has turned out otherwise than `spend` assumed. */
  correct(turn: RateCaller, correction: RateCorrection): Promise<void>;
}

export type RateAnswer =
  | {
      readonly granted: true;
      readonly requests: number;
      readonly resources: number;
      readonly reservation: Reservation | null;
    }
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
  | {
      readonly kind: "unused";
      readonly requests: number;
      readonly resources: number;
      readonly reservation?: Reservation | null;
    }
  /** Machines of a launch that was granted at a time, for which its place had no room: they cost nothing. */
  | {
      readonly kind: "refused";
      readonly resources: number;
      readonly granted: number;
      /** Of the launch: what is said twice of one counts once. Null where nobody says it twice. */
      readonly token: string | null;
    }
  /** The same, though it is to be spent yet: it was granted at a time, and has taken longer than calls do. */
  | {
      readonly kind: "late";
      readonly requests: number;
      readonly resources: number;
      readonly granted: number;
    }
  /** Who asked waits no longer. */
  | { readonly kind: "left" };
