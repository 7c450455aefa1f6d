import type { RateLimit } from "./rates.ts";

/** One kind of call in one scope. */
export interface RateKey {
  /** The owner of the buckets, as in `RatedCall`. */
  readonly scope: string;
  readonly limit: RateLimit;
}

/** Launches that are still to be made. */
export interface Backlog {
  readonly calls: number;
  readonly machines: number;
}

/** A caller that wants to spend of a limit. */
export interface RateCaller extends RateKey {
  readonly tenant: string;
  /** A queue of the tenant; each process has its own. */
  readonly queueId: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Machines granted to a launch that is not on record yet. They are refunded if its process ends before that. */
export interface Reservation {
  /** Unique within its limit. */
  readonly id: number;
  readonly queueId: string;
  readonly requests: number;
  readonly resources: number;
  readonly at: number;
}

/** The spending of a launch. It is passed with the launch's record and applied in the same transaction. */
export interface Spent extends RateKey {
  readonly reservation: Reservation;
}

/** A request to spend of a limit's buckets, all at once. */
export interface RateRequest extends RateCaller {
  /** Calls; fewer may be granted. With resources: one. */
  readonly requests: number;
  /** Machines that the call is for; a grant below the minimum is of no use. Null if none are counted. */
  readonly resources: { readonly minimum: number; readonly maximum: number } | null;
  /** All launches that the caller waits to make, this one included. Default: unknown. */
  readonly backlog?: Backlog;
  /** Whether it is for a launch, which reports when it is on record. */
  readonly isReserved?: boolean;
  /** True for the queue of a process that is known to have ended. */
  readonly isGone: (queueId: string) => boolean;
}

/**
 * The spending of a launch: a reservation, or a request that is made in the transaction of its record. The request is
 * created in that transaction, which may start much later; null if it is not wanted any more.
 */
export type Spending = Spent | (() => RateRequest | null);

/**
 * Stores the state of the rates for all processes and tenants that share it. The state outlives its process; it need
 * not survive a power cut, after which the provider's own buckets are full.
 */
export interface RateStore {
  /** Spends what may be spent now, or says when to ask again. All tenants and processes take turns. */
  spend(ask: RateRequest): Promise<RateAnswer>;
  /** Milliseconds until all of this could be granted, if nothing else is. Changes nothing. */
  forecast(call: RateKey & Pick<RateCaller, "now">, backlog: Backlog): Promise<number>;
  /** Corrects the state when something turned out otherwise than `spend` assumed. */
  correct(turn: RateCaller, correction: RateCorrection): Promise<void>;
}

export type RateAnswer =
  | {
      readonly granted: true;
      readonly requests: number;
      readonly resources: number;
      readonly reservation: Reservation | null;
    }
  /**
   * Milliseconds after which to ask again, how many other calls come first, and in how many milliseconds the whole
   * backlog may have been granted, if nothing else is.
   */
  | {
      readonly granted: false;
      readonly wait: number;
      readonly ahead: number;
      readonly backlogTime: number;
    };

/** How the buckets differ from what was assumed. */
export type RateCorrection =
  /** The provider throttled a call for so many machines. */
  | {
      readonly kind: "throttled";
      readonly resources: number;
      readonly retryAfterMilliseconds: number | null;
    }
  /** Something that was granted was not used. */
  | {
      readonly kind: "unused";
      readonly requests: number;
      readonly resources: number;
      readonly reservation?: Reservation | null;
    }
  /** A place had no room for machines of a launch that was granted at this time: they cost nothing. */
  | {
      readonly kind: "refused";
      readonly resources: number;
      readonly granted: number;
      /** Of the launch, so that a repeated report counts once. Null if it is reported only once. */
      readonly token: string | null;
    }
  /** A grant of this time was not used for so long that its call would count together with later ones. */
  | {
      readonly kind: "late";
      readonly requests: number;
      readonly resources: number;
      readonly granted: number;
    }
  /** The caller no longer waits. */
  | { readonly kind: "left" };
