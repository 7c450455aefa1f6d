/**
 * Who may make a call now, of all who wait for one kind of call in one account: of all processes and tenants on one
 * ledger. Pure: each ledger keeps the state, and asks here what becomes of it in one transaction.
 */
import type { RateBucket } from "./rates.ts";
import { drain, giveBack, postpone, setBack, spend, timeUntil, tokensAt } from "./buckets.ts";
import type { Bucket, BucketState } from "./buckets.ts";
import { entrants, entryOf, rankOf } from "./fair-queue.ts";
import type { Entrant, Rank } from "./fair-queue.ts";
import type { Held, Spent, RateAnswer, RateAsk, RateCorrection, RateTurn } from "./contract.ts";
import { FULL_PACE, slowed, slowedEarlier } from "./backpressure.ts";
import type { Slowness } from "./backpressure.ts";

/** What a ledger keeps of one limit in one scope. */
export interface RateState {
  readonly requests: BucketState | null;
  readonly resources: BucketState | null;
  readonly slowness: Slowness;
  readonly entrants: readonly Entrant[];
  readonly held: readonly Held[];
  /** How many have been held so far. */
  readonly holds: number;
  /** The latest launches of which something was given back, by their tokens. */
  readonly returned: readonly string[];
  /** The latest time that it was asked at. */
  readonly seen: number;
}

/** Who waits looks again after this, in milliseconds, or sooner. */
export const LOOK_AGAIN = 2_000;
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
  slowness: FULL_PACE,
  entrants: [],
  held: [],
  holds: 0,
  returned: [],
  seen: 0,
};

interface Decision {
  readonly answer: RateAnswer;
  readonly state: RateState;
}

/** What may be spent by whoever asks, and the state with it spent, or with the asker waiting. */
export function allot(known: RateState | null, ask: RateAsk): Decision {
  const { now, state: kept } = current(known, ask);
  const state = withoutGone(kept, ask, now);
  const entry = entryOf(state.entrants, ask, now);
  const rank = rankOf(state.entrants, entry, now);
  const calls = bucketOf(state, ask.limit.requests, "requests");
  const machines = machinesFor(state, ask, { entry, rank, now });
  const requests = Math.min(ask.requests, tokensAt(calls, now) - rank.ahead);
  if (state.slowness.hold <= now && requests >= 1 && machines.granted !== null) {
    const { granted: resources } = machines;
    const held =
      ask.isHeld && resources > 1
        ? { id: state.holds + 1, line: ask.line, requests, resources, at: now }
        : null;
    return {
      answer: { granted: true, requests, resources, held },
      state: {
        ...state,
        ...(held === null ? {} : { held: [...state.held, held], holds: held.id }),
        requests: spend(calls, requests, now),
        resources: spentOf(machines, now) ?? state.resources,
        entrants: entrants(state.entrants, { ...entry, served: now, since: null, until: now }, now),
      },
    };
  }
  const wait = Math.max(
    1,
    state.slowness.hold - now,
    timeUntil(calls, rank.ahead + 1, now),
    machines.wait,
  );
  const until = now + Math.min(wait, LOOK_AGAIN) + STALE;
  const minimum = ask.resources?.minimum ?? 0;
  return {
    answer: { granted: false, wait, ahead: rank.ahead },
    state: {
      ...state,
      entrants: entrants(state.entrants, { ...entry, until, minimum }, now),
    },
  };
}

/** The state with what has turned out otherwise. */
export function correct(
  known: RateState | null,
  turn: RateTurn,
  correction: RateCorrection,
): RateState {
  const { now, state } = current(known, turn);
  const calls = bucketOf(state, turn.limit.requests, "requests");
  const { resources } = turn.limit;
  const machines = resources === null ? null : bucketOf(state, resources, "resources");
  switch (correction.kind) {
    case "left": {
      const entry = entryOf(state.entrants, turn, now);
      const gone = { ...entry, since: null, until: now };
      return { ...state, entrants: entrants(state.entrants, gone, now) };
    }
    case "unused":
      return {
        ...state,
        requests: giveBack(calls, correction.requests),
        resources: machines === null ? state.resources : giveBack(machines, correction.resources),
        held: without(state.held, correction.held ?? null),
      };
    case "refused": {
      const { token, granted } = correction;
      if (machines === null || (token !== null && state.returned.includes(token))) return state;
      const at = { spent: Math.min(now, granted), now };
      const returned = token === null ? [] : [token];
      return {
        ...state,
        resources: postpone(machines, correction.resources, at),
        returned: [...state.returned, ...returned].slice(-MOST_RETURNED),
      };
    }
    case "late": {
      const at = { spent: Math.min(now, correction.granted), now };
      return {
        ...state,
        requests: postpone(calls, correction.requests, at),
        resources:
          machines === null ? state.resources : postpone(machines, correction.resources, at),
      };
    }
    case "throttled": {
      // Which of the two buckets was empty is not said: of the machines, half of what was asked for may still be there.
      const left = Math.floor(correction.resources / 2);
      const { retryAfterMilliseconds } = correction;
      const pause = (halvings: number) =>
        retryAfterMilliseconds ?? pauseOf(turn.limit.requests, halvings);
      return {
        ...state,
        requests: drain(calls, 0, now),
        resources:
          machines === null || correction.resources === 0
            ? state.resources
            : drain(machines, left, now),
        slowness: slowed(state.slowness, now, pause),
      };
    }
  }
}

/** The state once the launch is on record that something was held for: it is made, whatever becomes of its process. */
export function recorded(known: RateState | null, { held }: Spent): RateState {
  const state = known ?? NEW_STATE;
  return { ...state, held: without(state.held, held) };
}

function without(held: readonly Held[], one: Held | null): readonly Held[] {
  return one === null ? held : held.filter(({ id }) => id !== one.id);
}

/** Gives back what was granted to launches whose process ended before they were on record: they were not made. */
function withoutGone(state: RateState, { limit, isGone }: RateAsk, now: number): RateState {
  if (state.held.length === 0) return state;
  const left = state.held.filter(({ at }) => at + HOLD > now);
  const gone = left.filter(({ line }) => isGone(line));
  let { requests, resources } = state;
  for (const held of gone) {
    const at = { spent: held.at, now };
    requests = postpone(
      bucketOf({ ...state, requests }, limit.requests, "requests"),
      held.requests,
      at,
    );
    if (limit.resources === null) continue;
    const machines = bucketOf({ ...state, resources }, limit.resources, "resources");
    resources = postpone(machines, held.resources, at);
  }
  return { ...state, requests, resources, held: left.filter((each) => !gone.includes(each)) };
}

/** The state in the asker's time, which may be behind that of whoever asked before. */
function current(
  known: RateState | null,
  asked: RateTurn,
): { readonly now: number; readonly state: RateState } {
  const now = Math.floor(asked.now);
  if (known === null) return { now, state: { ...NEW_STATE, seen: now } };
  const by = known.seen - now;
  if (by <= 0) return { now, state: { ...known, seen: now } };
  if (by <= SET_BACK) return { now: known.seen, state: known };
  return {
    now,
    state: {
      requests: setBack(known.requests, by),
      resources: setBack(known.resources, by),
      slowness: slowedEarlier(known.slowness, by),
      entrants: known.entrants.map((entry) => ({
        ...entry,
        served: entry.served - by,
        since: entry.since === null ? null : entry.since - by,
        until: entry.until - by,
      })),
      held: known.held.map((held) => ({ ...held, at: held.at - by })),
      holds: known.holds,
      returned: known.returned,
      seen: now,
    },
  };
}

function bucketOf(state: RateState, rate: RateBucket, kind: "requests" | "resources"): Bucket {
  return { rate, state: state[kind], slowness: state.slowness };
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
  { limit, resources }: RateAsk,
  at: { readonly entry: Entrant; readonly rank: Rank; readonly now: number },
): Machines {
  if (resources === null) return { granted: 0, wait: 0, bucket: null };
  if (limit.resources === null) return { granted: resources.maximum, wait: 0, bucket: null };
  const { entry, rank, now } = at;
  const bucket = bucketOf(state, limit.resources, "resources");
  const { capacity, refill, everyMilliseconds } = limit.resources;
  const minimum = Math.min(resources.minimum, capacity);
  const maximum = Math.min(resources.maximum, capacity);
  const left = Math.min(MOST_LEFT, rank.others);
  const room = tokensAt(bucket, now) - rank.resources;
  const granted = Math.min(maximum, Math.max(minimum, room - left));
  const worth = Math.ceil((refill / everyMilliseconds) * WORTH_A_CALL);
  const wanted = Math.max(minimum, Math.min(maximum, worth));
  const patience = (entry.since ?? now) + WORTH_A_CALL - now;
  if (room >= minimum && (granted >= wanted || patience <= 0)) return { granted, wait: 0, bucket };
  const soon = timeUntil(bucket, rank.resources + minimum, now);
  const enough = wanted > minimum ? wanted + left : minimum;
  const worthwhile = timeUntil(bucket, rank.resources + enough, now);
  return { granted: null, wait: Math.min(worthwhile, Math.max(soon, patience)), bucket };
}

function spentOf({ bucket, granted }: Machines, now: number): BucketState | null {
  if (bucket === null || granted === null) return null;
  return spend(bucket, granted, now);
}

/** What to pause for where the provider does not say: what a call takes at that pace; of a window, a sixteenth and more. */
function pauseOf({ refill, everyMilliseconds, pace }: RateBucket, halvings: number): number {
  if (pace === "window") return (everyMilliseconds / 16) * 2 ** (halvings - 1);
  return (everyMilliseconds / refill) * 2 ** halvings;
}
