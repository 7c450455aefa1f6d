/** How much slower than published the calls of one kind are made, because the provider has refused some. */
export interface Slowness {
  /** How often the pace was halved at `at`. */
  readonly halvings: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** No call before then. */
  readonly hold: number;
}

/** The pace doubles again after each of these, in milliseconds, until it is the published one. */
export const RECOVERY = 60_000;
/** A sixteenth of the published pace. */
const MOST_HALVINGS = 4;
/** Refusals of calls that were under way together are one. */
const ONE_REFUSAL = 1_000;
/** What a provider asks to wait is believed up to this. */
const LONGEST_HOLD = 60_000;

export const FULL_PACE: Slowness = { halvings: 0, at: 0, hold: 0 };

/** @param hold how long to make no call at all, in milliseconds, when the pace is halved for the nth time */
export function slowed(
  slowness: Slowness,
  now: number,
  hold: (halvings: number) => number,
): Slowness {
  const { at } = slowness;
  const known = halvingsAt(slowness, now);
  const isSame = known > 0 && now - at < ONE_REFUSAL;
  const halvings = isSame ? known : Math.min(MOST_HALVINGS, known + 1);
  const until = now + Math.min(LONGEST_HOLD, hold(halvings));
  return { halvings, at: isSame ? at : now, hold: Math.max(slowness.hold, until) };
}

/** The part of the published pace, in milliseconds of it that pass between two times. */
export function flow(slowness: Slowness, from: number, to: number): number {
  let flown = 0;
  for (let time = from; time < to;) {
    const end = Math.min(to, endOfStep(slowness, time));
    flown += (end - time) / 2 ** halvingsAt(slowness, time);
    time = end;
  }
  return flown;
}

/** When so many milliseconds of the published pace will have passed since a time. */
export function until(slowness: Slowness, from: number, milliseconds: number): number {
  let left = milliseconds;
  for (let time = from; ;) {
    const slower = 2 ** halvingsAt(slowness, time);
    const end = endOfStep(slowness, time);
    if (time + left * slower <= end) return time + left * slower;
    left -= (end - time) / slower;
    time = end;
  }
}

/** As it would be if the clock had always been so many milliseconds slower. */
export function slowedEarlier({ halvings, at, hold }: Slowness, by: number): Slowness {
  return { halvings, at: at - by, hold: hold - by };
}

/** Before it was slowed, the pace was what it is then: nothing is known of earlier. */
function halvingsAt({ halvings, at }: Slowness, time: number): number {
  return Math.max(0, halvings - Math.max(0, Math.floor((time - at) / RECOVERY)));
}

/** Until when the pace stays as it is. */
function endOfStep(slowness: Slowness, time: number): number {
  if (halvingsAt(slowness, time) === 0) return Number.POSITIVE_INFINITY;
  const steps = Math.max(0, Math.floor((time - slowness.at) / RECOVERY));
  return slowness.at + (steps + 1) * RECOVERY;
}
