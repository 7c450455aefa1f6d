import type { DrivenSpawn } from "../ledger/ledger.ts";
import { latestLaunch } from "./task.ts";

/** First and longest pause between two polls, in milliseconds: short for a container, long for a VM. */
const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 5_000;

/** The pause that follows a pause of so many milliseconds; the first one after 0. */
export function nextPause(pause: number): number {
  return pause === 0 ? FIRST_PAUSE : Math.min(pause * 2, LONGEST_PAUSE);
}

/**
 * When the spawn's machine was accepted, or a later time, in milliseconds since the epoch; never after now, whatever
 * another host's clock reported. While a spawn is coming up, its latest record was written with its machine or later.
 * While it is terminating, that may be long ago, and its launch is the better measure.
 */
export function acceptedAt(driven: DrivenSpawn, now: number): number {
  const { state, updatedAt } = driven.spawn;
  const at = state === "terminating" ? latestLaunch(driven).at : updatedAt;
  return Math.min(Date.parse(at), now);
}
