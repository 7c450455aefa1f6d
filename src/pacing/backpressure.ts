/**
 * By how much the calls of one kind are slowed down below the published pace, because the provider has throttled some.
 */
export interface Backpressure {
  /** How often the pace had been halved at `at`. */
  readonly halvings: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** No call is made before this time. */
  readonly pausedUntil: number;
}

/** The pace doubles again after each such period, in milliseconds, up to the published one. */
export const RECOVERY = 60_000;
/** Four halvings are a sixteenth of the published pace. */
const MOST_HALVINGS = 4;
/** Throttled calls within this time, in milliseconds, count as one: they were under way together. */
const ONE_REFUSAL = 1_000;
/** The longest `Retry-After` that is respected, in milliseconds. */
const LONGEST_RETRY_AFTER = 60_000;

export const FULL_PACE: Backpressure = { halvings: 0, at: 0, pausedUntil: 0 };

/** @param hold how long no call may be made when the pace is halved for the nth time, in milliseconds */
export function slowDown(
  backpressure: Backpressure,
  now: number,
  hold: (halvings: number) => number,
): Backpressure {
  const { at } = backpressure;
  const known = halvingsAt(backpressure, now);
  const isSame = known > 0 && now - at < ONE_REFUSAL;
  const halvings = isSame ? known : Math.min(MOST_HALVINGS, known + 1);
  const timeAfterPaced = now + Math.min(LONGEST_RETRY_AFTER, hold(halvings));
  return {
    halvings,
    at: isSame ? at : now,
    pausedUntil: Math.max(backpressure.pausedUntil, timeAfterPaced),
  };
}

/** Milliseconds of the published pace that pass between two times. */
export function pacedMilliseconds(backpressure: Backpressure, from: number, to: number): number {
  let flown = 0;
  for (let time = from; time < to;) {
    const end = Math.min(to, endOfStep(backpressure, time));
    flown += (end - time) / 2 ** halvingsAt(backpressure, time);
    time = end;
  }
  return flown;
}

/** The time at which so many milliseconds of the published pace will have passed. */
export function until(backpressure: Backpressure, from: number, milliseconds: number): number {
  let left = milliseconds;
  for (let time = from; ;) {
    const slower = 2 ** halvingsAt(backpressure, time);
    const end = endOfStep(backpressure, time);
    if (time + left * slower <= end) return time + left * slower;
    left -= (end - time) / slower;
    time = end;
  }
}

/** The state if the clock had always been behind by so many milliseconds. */
export function shiftBackpressure(
  { halvings, at, pausedUntil }: Backpressure,
  by: number,
): Backpressure {
  return { halvings, at: at - by, pausedUntil: pausedUntil - by };
}

/** The state before `at` is not known: the pace of `at` is assumed. */
function halvingsAt({ halvings, at }: Backpressure, time: number): number {
  return Math.max(0, halvings - Math.max(0, Math.floor((time - at) / RECOVERY)));
}

/** When the pace changes next. */
function endOfStep(backpressure: Backpressure, time: number): number {
  if (halvingsAt(backpressure, time) === 0) return Number.POSITIVE_INFINITY;
  const steps = Math.max(0, Math.floor((time - backpressure.at) / RECOVERY));
  return backpressure.at + (steps + 1) * RECOVERY;
}
