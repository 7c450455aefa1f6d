/**
 * Who may make a call now, of all who wait for one kind of call in one account: of all processes and tenants on one
 * ledger. Pure: each ledger keeps the state, and asks here what becomes of it in one transaction.
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
} from "./contract.ts";
import { FULL_PACE, slowDown, shiftBackpressure } from "./backpressure.ts";
import type { Backpressure } from "./backpressure.ts";

/** What a ledger keeps of one limit in one scope. */
export interface RateState {
  readonly requests: BucketState | null;
  readonly resources: BucketState | null;
  readonly backpressure: Backpressure;
  readonly waiters: readonly Waiter[];
  readonly reservations: readonly Reservation[];
  /** How many have been held so far. */
  readonly nextReservationId: number;
  /** The latest launches of which something was given back, by their tokens. */
  readonly returned: readonly string[];
  /** The latest time that it was asked at. */
  readonly seen: number;
}

/** Who waits looks again after this, in milliseconds, or sooner. */
export const LONGEST_PAUSE = 2_000;
/** For how long after it should have looked again somebody still counts as waiting, in milliseconds. */
const STALE = 3_000;
/**
 * Machines trickle back into a bucket one by one, and a call for each would use up the calls: a batch waits until so
 * much has come back (in milliseconds of the published pace) that it is worth a call, unless it has waited as long.
 */
const WORTH_A_CALL = 5_000;
/** Machines that a batch leaves, at most, to tenants who were seen a moment ago, one each. */
const MOST_LEFT = 10;
/**
 * For how long it is remembered who has not recorded its launch, in milliseconds: in that time a bucket has filled up
 * again. A single machine is not worth remembering.
 */
const HOLD = 10 * 60_000;
/** Whoever recovers a launch says again what was given back of it, sooner than so many others have. */
const MOST_RETURNED = 64;
/** A clock that goes back further than this was set; anything less is two processes that read it in turn. */
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

/** What may be spent by whoever asks, and the state with it spent, or with the asker waiting. */
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
    answer: { granted: false, wait, ahead: rank.ahead },
    state: {
      ...state,
      waiters: withWaiter(state.waiters, { ...waiter, until, minimum }, now),
    },
  };
}

/** The state with what has turned out otherwise. */
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
      // Which of the two buckets was empty is not said: of the machines, half of what was asked for may still be there.
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

/** The state once the launch is on record that something was held for: it is made, whatever becomes of its process. */
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

/** Gives back what was granted to launches whose process ended before they were on record: they were not made. */
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

/** The state in the asker's time, which may be behind that of whoever asked before. */
function current(
  known: RateState | null,
  asked: RateCaller,
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
  /** Null: not yet. */
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

/** What to pause for where the provider does not say: what a call takes at that pace; of a window, a sixteenth and more. */
function pauseOf({ refill, everyMilliseconds, pace }: RateBucket, halvings: number): number {
  if (pace === "window") return (everyMilliseconds / 16) * 2 ** (halvings - 1);
  return (everyMilliseconds / refill) * 2 ** halvings;
}
