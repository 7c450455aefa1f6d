/** How much slower than published the calls of one kind are made, because the provider has refused some. */
export interface Backpressure {
  /** How often the pace was halved at `at`. */
  readonly halvings: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** No call before then. */
  readonly pausedUntil: number;
}

/** The pace doubles again after each of these, in milliseconds, until it is the published one. */
export const RECOVERY = 60_000;
/** A sixteenth of the published pace. */
const MOST_HALVINGS = 4;
/** Refusals of calls that were under way together are one. */
const ONE_REFUSAL = 1_000;
/** What a provider asks to wait is believed up to this. */
const LONGEST_HOLD = 60_000;

export const FULL_PACE: Backpressure = { halvings: 0, at: 0, pausedUntil: 0 };

/** @param hold how long to make no call at all, in milliseconds, when the pace is halved for the nth time */
export function slowDown(
  backpressure: Backpressure,
  now: number,
  hold: (halvings: number) => number,
): Backpressure {
  const { at } = backpressure;
  const known = halvingsAt(backpressure, now);
  const isSame = known > 0 && now - at < ONE_REFUSAL;
  const halvings = isSame ? known : Math.min(MOST_HALVINGS, known + 1);
  const timeAfterPaced = now + Math.min(LONGEST_HOLD, hold(halvings));
  return {
    halvings,
    at: isSame ? at : now,
    pausedUntil: Math.max(backpressure.pausedUntil, timeAfterPaced),
  };
}

/** The part of the published pace, in milliseconds of it that pass between two times. */
export function pacedMilliseconds(backpressure: Backpressure, from: number, to: number): number {
  let flown = 0;
  for (let time = from; time < to;) {
    const end = Math.min(to, endOfStep(backpressure, time));
    flown += (end - time) / 2 ** halvingsAt(backpressure, time);
    time = end;
  }
  return flown;
}

/** When so many milliseconds of the published pace will have passed since a time. */
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

/** As it would be if the clock had always been so many milliseconds slower. */
export function shiftBackpressure(
  { halvings, at, pausedUntil }: Backpressure,
  by: number,
): Backpressure {
  return { halvings, at: at - by, pausedUntil: pausedUntil - by };
}

/** Before it was slowed, the pace was what it is then: nothing is known of earlier. */
function halvingsAt({ halvings, at }: Backpressure, time: number): number {
  return Math.max(0, halvings - Math.max(0, Math.floor((time - at) / RECOVERY)));
}

/** Until when the pace stays as it is. */
function endOfStep(backpressure: Backpressure, time: number): number {
  if (halvingsAt(backpressure, time) === 0) return Number.POSITIVE_INFINITY;
  const steps = Math.max(0, Math.floor((time - backpressure.at) / RECOVERY));
  return backpressure.at + (steps + 1) * RECOVERY;
}
