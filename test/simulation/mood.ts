import type { Random } from "./random.ts";

/** How likely each trouble is in one seed, as probabilities per request, call, machine or process. */
export interface Mood {
  /** A request never arrives. */
  lostRequest: number;
  /** A request arrives long after its sender has given up. */
  lateRequest: number;
  /** A request arrives twice. */
  doubledRequest: number;
  /** A request took effect and its reply never arrives. */
  lostReply: number;
  lateReply: number;
  throttle: number;
  /** 5xx, nothing done. */
  refusedBefore: number;
  /** 5xx, all done. */
  failedAfter: number;
  quota: number;
  /** A listing is cut between two pages. */
  cutListing: number;
  /** An accepted machine ends for lack of capacity while it boots. */
  bootsFull: number;
  /** A machine's command ends while it boots. */
  bootsBroken: number;
  /** An accepted machine stays pending for as long as anybody waits. */
  bootHangs: number;
  /** A machine that ran ends by itself. */
  endsLater: number;
  /** A process stands still for up to more than a lease. */
  stall: number;
  /** The answer of the ledger takes its time. */
  slowLedger: number;
  /** A process is killed at one of its calls. */
  crash: number;
  /** A process is killed at any time. */
  suddenDeath: number;
}

const TROUBLES: Readonly<Record<keyof Mood, readonly [number, number, number]>> = {
  lostRequest: [0.02, 0.1, 0.3],
  lateRequest: [0.02, 0.1, 0.3],
  doubledRequest: [0.02, 0.1, 0.3],
  lostReply: [0.02, 0.1, 0.3],
  lateReply: [0.05, 0.1, 0.3],
  throttle: [0.05, 0.1, 0.4],
  refusedBefore: [0.02, 0.1, 0.3],
  failedAfter: [0.02, 0.1, 0.3],
  quota: [0.01, 0.02, 0.1],
  cutListing: [0.05, 0.2, 0.5],
  bootsFull: [0.1, 0.2, 0.5],
  bootsBroken: [0.05, 0.1, 0.2],
  bootHangs: [0.02, 0.1, 0.3],
  endsLater: [0.05, 0.1, 0.3],
  stall: [0.002, 0.01, 0.02],
  slowLedger: [0.05, 0.2, 0.5],
  crash: [0.3, 0.6, 0.9],
  suddenDeath: [0.1, 0.2, 0.5],
};

/** The troubles of a seed: each is there or not, often rare, at times frequent. */
export function drawMood(random: Random): Mood {
  const mood = calmMood();
  const share = random.pick([0.1, 0.3, 0.3, 0.6]);
  for (const trouble of troubles)
    if (random.chance(share)) mood[trouble] = random.pick(ratesOf(trouble));
  // Most of what is to be shown is about processes that die.
  if (random.chance(0.6)) mood.crash = random.pick(ratesOf("crash"));
  return mood;
}

/**
 * A seed whose calls arrive in the order and about the time in which they were allowed: what they were allowed for can
 * be held to.
 */
export function keepPace(mood: Mood): void {
  for (const trouble of UNPACED) mood[trouble] = 0;
}

const UNPACED = ["lateRequest", "doubledRequest", "throttle", "stall", "slowLedger"] as const;

/** No trouble at all. */
export function calmMood(): Mood {
  return {
    lostRequest: 0,
    lateRequest: 0,
    doubledRequest: 0,
    lostReply: 0,
    lateReply: 0,
    throttle: 0,
    refusedBefore: 0,
    failedAfter: 0,
    quota: 0,
    cutListing: 0,
    bootsFull: 0,
    bootsBroken: 0,
    bootHangs: 0,
    endsLater: 0,
    stall: 0,
    slowLedger: 0,
    crash: 0,
    suddenDeath: 0,
  };
}

const troubles: readonly (keyof Mood)[] = [
  "lostRequest",
  "lateRequest",
  "doubledRequest",
  "lostReply",
  "lateReply",
  "throttle",
  "refusedBefore",
  "failedAfter",
  "quota",
  "cutListing",
  "bootsFull",
  "bootsBroken",
  "bootHangs",
  "endsLater",
  "stall",
  "slowLedger",
  "crash",
  "suddenDeath",
];

function ratesOf(trouble: keyof Mood): readonly [number, number, number] {
  return TROUBLES[trouble];
}
