/**
 * Decides whether a call may be made now, among all processes and tenants that wait for one kind of call in one
 * account. Pure: a ledger keeps the state, and applies a decision to it in one transaction.
 */
import type { RateBucket } from "./rates.ts";
import {
  drainBucket,
  returnTokens,
  refundTokens,
  shiftBucket,
  spendTokens,
  timeUntil,
  tokensAt,
} from "./buckets.ts";
import type { Bucket, BucketState } from "./buckets.ts";
import { withWaiter, waiterOf, rankOf } from "./fair-queue.ts";
import type { Waiter, Rank } from "./fair-queue.ts";
import type {
  Reservation,
  Spent,
  RateAnswer,
  RateRequest,
  RateCorrection,
  RateCaller,
  RateKey,
  Backlog,
} from "./contract.ts";
import { FULL_PACE, slowDown, shiftBackpressure } from "./backpressure.ts";
import type { Backpressure } from "./backpressure.ts";

/** The stored state of one limit in one scope. */
export interface RateState {
  readonly requests: BucketState | null;
  readonly resources: BucketState | null;
  readonly backpressure: Backpressure;
  readonly waiters: readonly Waiter[];
  readonly reservations: readonly Reservation[];
  /** The id of the next reservation. */
  readonly nextReservationId: number;
  /** Tokens of the latest launches that returned something. */
  readonly returned: readonly string[];
  /** The latest time at which it was used. */
  readonly seen: number;
}

/** The longest pause before a waiting call asks again, in milliseconds. */
export const LONGEST_PAUSE = 2_000;
/** How long after its next attempt was due a caller still counts as waiting, in milliseconds. */
const STALE = 3_000;
/**
 * Machines return to a bucket one by one, and a call for each would use up the calls. A batch waits until so much has
 * returned (in milliseconds of the published pace), but no longer than the same time.
 */
const WORTH_A_CALL = 5_000;
/** Machines that a batch leaves, at most, to other tenants that were active a moment ago, one each. */
const MOST_LEFT = 10;
/**
 * How long a reservation is kept, in milliseconds: within that time a bucket has refilled. A launch of one machine is
 * not worth a reservation.
 */
const HOLD = 10 * 60_000;
/**
 * Several processes may recover one launch and report the same refusal; each is counted once as long as it is among the
 * latest.
 */
const MOST_RETURNED = 64;
/** A clock that is behind by more was set back; by less, two processes have read their clocks in turn. */
const SET_BACK = 1_000;

const NEW_STATE: RateState = {
  requests: null,
  resources: null,
  backpressure: FULL_PACE,
  waiters: [],
  reservations: [],
  nextReservationId: 1,
  returned: [],
  seen: 0,
};

interface Decision {
  readonly answer: RateAnswer;
  readonly state: RateState;
}

/** Grants what may be spent now, or queues the caller. Returns the decision with the state that follows from it. */
export function admit(known: RateState | null, request: RateRequest): Decision {
  const { now, state: kept } = current(known, request);
  const state = withoutGone(kept, request, now);
  const waiter = waiterOf(state.waiters, request, now);
  const rank = rankOf(state.waiters, waiter, now);
  const calls = bucketOf(state, request.limit.requests, "requests");
  const machines = machinesFor(state, request, { waiter, rank, now });
  const requests = Math.min(request.requests, tokensAt(calls, now) - rank.ahead);
  if (state.backpressure.pausedUntil <= now && requests >= 1 && machines.granted !== null) {
    const { granted: resources } = machines;
    const reservation =
      request.isReserved && resources > 1
        ? {
            id: state.nextReservationId,
            queueId: request.queueId,
            requests,
            resources,
            at: now,
          }
        : null;
    return {
      answer: { granted: true, requests, resources, reservation },
      state: {
        ...state,
        ...(reservation === null
          ? {}
          : {
              reservations: [...state.reservations, reservation],
              nextReservationId: reservation.id + 1,
            }),
        requests: spendTokens(calls, requests, now),
        resources: spentOf(machines, now) ?? state.resources,
        waiters: withWaiter(
          state.waiters,
          { ...waiter, served: now, since: null, until: now },
          now,
        ),
      },
    };
  }
  const wait = Math.max(
    1,
    state.backpressure.pausedUntil - now,
    timeUntil(calls, rank.ahead + 1, now),
    machines.wait,
  );
  const until = now + Math.min(wait, LONGEST_PAUSE) + STALE;
  const minimum = request.resources?.minimum ?? 0;
  return {
    answer: {
      granted: false,
      wait,
      ahead: rank.ahead,
      backlogTime:
        request.backlog === undefined
          ? wait
          : Math.max(wait, forecast(state, request, request.backlog)),
    },
    state: {
      ...state,
      waiters: withWaiter(state.waiters, { ...waiter, until, minimum }, now),
    },
  };
}

/** Milliseconds until all of this could be granted, if nothing else is. */
export function forecast(
  known: RateState | null,
  call: RateKey & Pick<RateCaller, "now">,
  backlog: Backlog,
): number {
  const { now, state } = current(known, call);
  const { requests, resources } = call.limit;
  return Math.max(
    state.backpressure.pausedUntil - now,
    timeUntil(bucketOf(state, requests, "requests"), backlog.calls, now),
    resources === null
      ? 0
      : timeUntil(bucketOf(state, resources, "resources"), backlog.machines, now),
  );
}

/** The state after a correction. */
export function correct(
  known: RateState | null,
  caller: RateCaller,
  correction: RateCorrection,
): RateState {
  const { now, state } = current(known, caller);
  const calls = bucketOf(state, caller.limit.requests, "requests");
  const { resources } = caller.limit;
  const machines = resources === null ? null : bucketOf(state, resources, "resources");
  switch (correction.kind) {
    case "left": {
      const waiter = waiterOf(state.waiters, caller, now);
      const gone = { ...waiter, since: null, until: now };
      return { ...state, waiters: withWaiter(state.waiters, gone, now) };
    }
    case "unused":
      return {
        ...state,
        requests: returnTokens(calls, correction.requests),
        resources:
          machines === null ? state.resources : returnTokens(machines, correction.resources),
        reservations: without(state.reservations, correction.reservation ?? null),
      };
    case "refused": {
      const { token, granted } = correction;
      if (machines === null || (token !== null && state.returned.includes(token))) return state;
      const at = { spent: Math.min(now, granted), now };
      const returned = token === null ? [] : [token];
      return {
        ...state,
        resources: refundTokens(machines, correction.resources, at),
        returned: [...state.returned, ...returned].slice(-MOST_RETURNED),
      };
    }
    case "late": {
      const at = { spent: Math.min(now, correction.granted), now };
      return {
        ...state,
        requests: refundTokens(calls, correction.requests, at),
        resources:
          machines === null ? state.resources : refundTokens(machines, correction.resources, at),
      };
    }
    case "throttled": {
      // The provider does not say which of the two buckets was empty. Half of the machines may still be available.
      const left = Math.floor(correction.resources / 2);
      const { retryAfterMilliseconds } = correction;
      const pause = (halvings: number) =>
        retryAfterMilliseconds ?? pauseOf(caller.limit.requests, halvings);
      return {
        ...state,
        requests: drainBucket(calls, 0, now),
        resources:
          machines === null || correction.resources === 0
            ? state.resources
            : drainBucket(machines, left, now),
        backpressure: slowDown(state.backpressure, now, pause),
      };
    }
  }
}

/**
 * The state once the launch of a reservation is on record: from then on it is spent, whatever becomes of its process.
 */
export function releaseReservation(known: RateState | null, { reservation }: Spent): RateState {
  const state = known ?? NEW_STATE;
  return { ...state, reservations: without(state.reservations, reservation) };
}

function without(
  reservations: readonly Reservation[],
  one: Reservation | null,
): readonly Reservation[] {
  return one === null ? reservations : reservations.filter(({ id }) => id !== one.id);
}

/**
 * Refunds the reservations of processes that ended before their launches were on record: those launches were never
 * made.
 */
function withoutGone(state: RateState, { limit, isGone }: RateRequest, now: number): RateState {
  if (state.reservations.length === 0) return state;
  const left = state.reservations.filter(({ at }) => at + HOLD > now);
  const gone = left.filter(({ queueId }) => isGone(queueId));
  let { requests, resources } = state;
  for (const reservation of gone) {
    const at = { spent: reservation.at, now };
    requests = refundTokens(
      bucketOf({ ...state, requests }, limit.requests, "requests"),
      reservation.requests,
      at,
    );
    if (limit.resources === null) continue;
    const machines = bucketOf({ ...state, resources }, limit.resources, "resources");
    resources = refundTokens(machines, reservation.resources, at);
  }
  return {
    ...state,
    requests,
    resources,
    reservations: left.filter((each) => !gone.includes(each)),
  };
}

/** The state at the caller's time, which may be behind that of the previous caller. */
function current(
  known: RateState | null,
  asked: Pick<RateCaller, "now">,
): { readonly now: number; readonly state: RateState } {
  const now = Math.floor(asked.now);
  if (known === null) return { now, state: { ...NEW_STATE, seen: now } };
  const by = known.seen - now;
  if (by <= 0) return { now, state: { ...known, seen: now } };
  if (by <= SET_BACK) return { now: known.seen, state: known };
  return {
    now,
    state: {
      requests: shiftBucket(known.requests, by),
      resources: shiftBucket(known.resources, by),
      backpressure: shiftBackpressure(known.backpressure, by),
      waiters: known.waiters.map((waiter) => ({
        ...waiter,
        served: waiter.served - by,
        since: waiter.since === null ? null : waiter.since - by,
        until: waiter.until - by,
      })),
      reservations: known.reservations.map((reservation) => ({
        ...reservation,
        at: reservation.at - by,
      })),
      nextReservationId: known.nextReservationId,
      returned: known.returned,
      seen: now,
    },
  };
}

function bucketOf(state: RateState, rate: RateBucket, kind: "requests" | "resources"): Bucket {
  return { rate, state: state[kind], backpressure: state.backpressure };
}

interface Machines {
  /** Null: wait. */
  readonly granted: number | null;
  readonly wait: number;
  readonly bucket: Bucket | null;
}

/** How many machines the call may be for. */
function machinesFor(
  state: RateState,
  { limit, resources }: RateRequest,
  at: { readonly waiter: Waiter; readonly rank: Rank; readonly now: number },
): Machines {
  if (resources === null) return { granted: 0, wait: 0, bucket: null };
  if (limit.resources === null) return { granted: resources.maximum, wait: 0, bucket: null };
  const { waiter, rank, now } = at;
  const bucket = bucketOf(state, limit.resources, "resources");
  const { capacity, refill, everyMilliseconds } = limit.resources;
  const minimum = Math.min(resources.minimum, capacity);
  const maximum = Math.min(resources.maximum, capacity);
  const left = Math.min(MOST_LEFT, rank.others);
  const room = tokensAt(bucket, now) - rank.resources;
  const granted = Math.min(maximum, Math.max(minimum, room - left));
  const worth = Math.ceil((refill / everyMilliseconds) * WORTH_A_CALL);
  const wanted = Math.max(minimum, Math.min(maximum, worth));
  const patience = (waiter.since ?? now) + WORTH_A_CALL - now;
  if (room >= minimum && (granted >= wanted || patience <= 0)) return { granted, wait: 0, bucket };
  const soon = timeUntil(bucket, rank.resources + minimum, now);
  const enough = wanted > minimum ? wanted + left : minimum;
  const worthwhile = timeUntil(bucket, rank.resources + enough, now);
  return { granted: null, wait: Math.min(worthwhile, Math.max(soon, patience)), bucket };
}

function spentOf({ bucket, granted }: Machines, now: number): BucketState | null {
  if (bucket === null || granted === null) return null;
  return spendTokens(bucket, granted, now);
}

/**
 * The pause after a throttle if the provider names none: the time of one call at the slower pace; for a window, a
 * sixteenth of it or more.
 */
function pauseOf({ refill, everyMilliseconds, pace }: RateBucket, halvings: number): number {
  if (pace === "window") return (everyMilliseconds / 16) * 2 ** (halvings - 1);
  return (everyMilliseconds / refill) * 2 ** halvings;
}
