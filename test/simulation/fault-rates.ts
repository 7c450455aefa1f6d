import type { Random } from "./random.ts";

/** The faults of one seed, as probabilities per request, call, machine or process. */
export interface FaultRates {
  /** A request never arrives. */
  lostRequest: number;
  /** A request arrives long after its sender has stopped waiting. */
  lateRequest: number;
  /** A request arrives twice. */
  doubledRequest: number;
  /** A request takes effect but its reply never arrives. */
  lostReply: number;
  lateReply: number;
  throttle: number;
  /** A 5xx answer without effect. */
  refusedBefore: number;
  /** A 5xx answer after the effect. */
  failedAfter: number;
  quota: number;
  /** A listing fails between two pages. */
  cutListing: number;
  /** An accepted machine ends for lack of capacity while it boots. */
  bootsFull: number;
  /** A machine's command ends while it boots. */
  bootsBroken: number;
  /** An accepted machine stays pending longer than any wait. */
  bootHangs: number;
  /** A running machine ends by itself. */
  endsLater: number;
  /** A process is suspended, for up to more than the duration of a lease. */
  stall: number;
  /** The answer of the ledger is slow. */
  slowLedger: number;
  /** A process is killed at one of its calls. */
  crash: number;
  /** A process is killed at any time. */
  suddenDeath: number;
}

const FAULT_RATES: Readonly<Record<keyof FaultRates, readonly [number, number, number]>> = {
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

/** Draws the faults of a seed: each is absent, rare or frequent. */
export function drawFaultRates(random: Random): FaultRates {
  const faultRates = noFaults();
  const share = random.pick([0.1, 0.3, 0.3, 0.6]);
  for (const fault of faults)
    if (random.chance(share)) faultRates[fault] = random.pick(ratesOf(fault));
  // Most of the interesting scenarios involve processes that die.
  if (random.chance(0.6)) faultRates.crash = random.pick(ratesOf("crash"));
  return faultRates;
}

/**
 * Removes the faults that change the order or time of calls. Calls then arrive about when they were admitted, so that
 * the rates can be checked.
 */
export function removeUnpacedFaults(faultRates: FaultRates): void {
  for (const fault of UNPACED) faultRates[fault] = 0;
}

const UNPACED = ["lateRequest", "doubledRequest", "throttle", "stall", "slowLedger"] as const;

/** No faults. */
export function noFaults(): FaultRates {
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

const faults: readonly (keyof FaultRates)[] = [
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

function ratesOf(fault: keyof FaultRates): readonly [number, number, number] {
  return FAULT_RATES[fault];
}
