/**
 * A model of the provider's bucket. Calls arrive some time after their admission, some sooner than others, so that
 * calls which left evenly may arrive together. Up to `SLACK` of such delay is allowed for: a full bucket may be spent
 * at once, but tokens only return from a slack after the spending, and a bucket that is not full stays a slack's worth
 * below. In any time t no more is spent than the capacity plus what returns in t less the slack. So the provider never
 * counts more than it allows, however calls are delayed by less than the slack, and delays do not add up.
 */
import type { RateBucket } from "./rates.ts";
import { pacedMilliseconds, until } from "./backpressure.ts";
import type { Backpressure } from "./backpressure.ts";

/** How much calls may differ in the time from admission to arrival, in milliseconds. */
export const SLACK = 250;
/** Spendings within one of so many parts of a window are stored together. */
const PARTS = 30;
/** Fraction of a token that sums of fractions may be off by. */
const ROUNDING = 1e-6;

const NEVER = { from: 0, to: 0 };

/** The spending of a bucket. Times are in milliseconds since the epoch. */
export interface BucketState {
  /** Tokens of a continuous bucket at `at`, from which on they return. */
  readonly level: number;
  readonly at: number;
  /** When it was last full. */
  readonly since: number;
  /** When no tokens returned: calls were admitted and not made, so that the provider's bucket was full. */
  readonly idleWindow: { readonly from: number; readonly to: number };
  /** Of a window: spendings, each with its first and last time. */
  readonly spent: readonly Spending[];
}

interface Spending {
  readonly first: number;
  readonly last: number;
  readonly count: number;
}

/** A bucket with its state; null if nothing is known of it, which means that it is full. */
export interface Bucket {
  readonly rate: RateBucket;
  readonly state: BucketState | null;
  readonly backpressure: Backpressure;
}

/** Whole tokens that may be spent. */
export function tokensAt(bucket: Bucket, now: number): number {
  return Math.max(0, Math.floor(levelAt(bucket, now) + ROUNDING));
}

/** Milliseconds until so many tokens may be spent. Tokens beyond the capacity add the time in which they return. */
export function timeUntil(bucket: Bucket, tokens: number, now: number): number {
  if (tokensAt(bucket, now) >= tokens) return 0;
  const { capacity } = bucket.rate;
  const beyond = Math.max(0, tokens - capacity) / perMillisecond(bucket.rate);
  const held = Math.min(tokens, capacity);
  const wait =
    bucket.rate.pace === "window" ? windowUntil(bucket, held, now) : flowUntil(bucket, held, now);
  return Math.max(1, Math.ceil(wait + beyond));
}

/** The state after available tokens are spent. */
export function spendTokens(bucket: Bucket, tokens: number, now: number): BucketState {
  const { rate, state } = bucket;
  if (rate.pace === "window") return { ...fullAt(rate, now), spent: noted(bucket, tokens, now) };
  const level = levelAt(bucket, now) - tokens;
  if (state === null || isFull(bucket, now))
    return { level, at: now + SLACK, since: now, idleWindow: NEVER, spent: [] };
  // As long as it may count as one burst from a full bucket, no tokens return until the last of it has arrived.
  const at = isBurst(state, now) ? now + SLACK : Math.max(state.at, now);
  return { ...state, level, at };
}

/** The state after tokens that were just spent are returned. */
export function returnTokens({ rate, state }: Bucket, tokens: number): BucketState | null {
  if (state === null) return null;
  if (rate.pace === "continuous")
    return { ...state, level: Math.min(rate.capacity, state.level + tokens) };
  const spent: Spending[] = [];
  let left = tokens;
  for (const each of state.spent.toReversed()) {
    const count = Math.max(0, each.count - left);
    left -= each.count - count;
    if (count > 0) spent.unshift({ ...each, count });
  }
  return { ...state, spent };
}

/**
 * The state after tokens that were spent at a time turn out not to have been used. The provider's bucket may have been
 * full since then, so that tokens which returned here did not return there.
 */
export function refundTokens(
  bucket: Bucket,
  tokens: number,
  at: { readonly spent: number; readonly now: number },
): BucketState | null {
  const { rate, state, backpressure } = bucket;
  const { spent, now } = at;
  if (state === null) return null;
  if (rate.pace === "window") return { ...state, spent: without(state.spent, tokens, spent) };
  // No tokens return anywhere during the slack after a burst.
  const isOfBurst = spent >= state.since && spent < state.since + SLACK;
  const from = isOfBurst ? state.since + SLACK : spent;
  const { idleWindow } = state;
  const before = pacedMilliseconds(backpressure, from, Math.min(idleWindow.from, now));
  const after = pacedMilliseconds(backpressure, Math.max(from, idleWindow.to), now);
  const came = (before + after) * perMillisecond(rate);
  // More has returned since then than was spent: the spending is made up for.
  if (came >= tokens) return state;
  const isOne = from <= idleWindow.to;
  const level = Math.min(rate.capacity, levelAt(bucket, now) + tokens - came);
  return {
    ...state,
    level,
    at: now + SLACK,
    idleWindow: { from: isOne ? Math.min(from, idleWindow.from) : from, to: now },
  };
}

/** Removes what was spent at a time, and nothing that was spent later. */
function without(spendings: readonly Spending[], tokens: number, at: number): readonly Spending[] {
  return spendings
    .map((each) =>
      each.first <= at && at <= each.last ? { ...each, count: each.count - tokens } : each,
    )
    .filter(({ count }) => count > 0);
}

/** The state of a bucket of which the provider says that it is empty except for so many tokens. */
export function drainBucket({ rate, state }: Bucket, left: number, now: number): BucketState {
  const known = state ?? fullAt(rate, now);
  if (rate.pace === "window") return known;
  return { ...known, level: left, at: now + SLACK, since: Math.min(known.since, now - SLACK) };
}

/** The state if the clock had always been behind by so many milliseconds. */
export function shiftBucket(state: BucketState | null, by: number): BucketState | null {
  if (state === null) return null;
  return {
    ...state,
    at: state.at - by,
    since: state.since - by,
    idleWindow: { from: state.idleWindow.from - by, to: state.idleWindow.to - by },
    spent: state.spent.map(({ first, last, count }) => ({
      first: first - by,
      last: last - by,
      count,
    })),
  };
}

function fullAt({ capacity }: RateBucket, now: number): BucketState {
  return { level: capacity, at: now, since: now - SLACK, idleWindow: NEVER, spent: [] };
}

function perMillisecond({ refill, everyMilliseconds }: RateBucket): number {
  return refill / everyMilliseconds;
}

function levelAt(bucket: Bucket, now: number): number {
  const { rate, state, backpressure } = bucket;
  if (rate.pace === "window") return capacityOf(bucket, now) - sum(countedOf(bucket, now));
  if (state === null) return rate.capacity;
  if (isFull(bucket, now)) return rate.capacity;
  if (isBurst(state, now)) return state.level;
  const level = state.level + pacedMilliseconds(backpressure, state.at, now) * perMillisecond(rate);
  return Math.min(level, shortOfFull(rate));
}

/** The time in which a spending may arrive together with the one that left the bucket full. */
function isBurst(state: BucketState, now: number): boolean {
  return now < state.since + SLACK;
}

function isFull({ rate, state, backpressure }: Bucket, now: number): boolean {
  if (state === null) return true;
  const level = state.level + pacedMilliseconds(backpressure, state.at, now) * perMillisecond(rate);
  return !isBurst(state, now) && level >= rate.capacity - ROUNDING;
}

/** The most that a bucket holds until a burst has passed entirely. */
function shortOfFull(rate: RateBucket): number {
  return rate.capacity - SLACK * perMillisecond(rate);
}

function flowUntil({ rate, state, backpressure }: Bucket, tokens: number, now: number): number {
  if (state === null) return 0;
  const wanted = tokens <= shortOfFull(rate) ? tokens : rate.capacity;
  const missing = (wanted - state.level) / perMillisecond(rate);
  const flown = missing <= 0 ? state.at : until(backpressure, state.at, missing);
  return Math.max(flown, state.since + SLACK) - now;
}

/** Backpressure makes a window smaller. */
function capacityOf({ rate, backpressure }: Bucket, now: number): number {
  return Math.max(1, Math.floor(rate.capacity * pacedMilliseconds(backpressure, now, now + 1)));
}

function windowUntil(bucket: Bucket, tokens: number, now: number): number {
  const { rate } = bucket;
  const wanted = Math.min(tokens, capacityOf(bucket, now));
  const counted = countedOf(bucket, now);
  let left = capacityOf(bucket, now) - sum(counted);
  for (const each of counted) {
    left += each.count;
    if (left >= wanted) return endOf(rate, each) - now;
  }
  return 0;
}

function noted(bucket: Bucket, count: number, now: number): readonly Spending[] {
  const { rate } = bucket;
  const counted = countedOf(bucket, now);
  const latest = counted.at(-1);
  if (latest === undefined || now - latest.first >= rate.everyMilliseconds / PARTS)
    return [...counted, { first: now, last: now, count }];
  return [...counted.slice(0, -1), { ...latest, last: now, count: latest.count + count }];
}

function countedOf({ rate, state }: Bucket, now: number): readonly Spending[] {
  return (state?.spent ?? []).filter((each) => endOf(rate, each) > now);
}

/** From then on it counts in none of the provider's windows, wherever they begin. */
function endOf({ everyMilliseconds }: RateBucket, { last }: Spending): number {
  return last + everyMilliseconds + SLACK;
}

function sum(spent: readonly Spending[]): number {
  return spent.reduce((total, { count }) => total + count, 0);
}
