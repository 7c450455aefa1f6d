import type { DrivenSpawn } from "../ledger/ledger.ts";
import { latestLaunch } from "./task.ts";

/** First and longest pause between two looks, in milliseconds: quick for a container, sparing for a VM. */
const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 5_000;

/** The pause after one of so many milliseconds; the first after none. */
export function nextPause(pause: number): number {
  return pause === 0 ? FIRST_PAUSE : Math.min(pause * 2, LONGEST_PAUSE);
}

/**
 * When the spawn's machine was accepted, or later, in milliseconds since the epoch; never after now, whatever another
 * host's clock said. What was recorded last of a spawn that is on its way up was recorded with its machine or after it.
 * One that is on its way down may have been that for long: its launch is the better measure.
 */
export function acceptedAt(driven: DrivenSpawn, now: number): number {
  const { state, updatedAt } = driven.spawn;
  const at = state === "terminating" ? latestLaunch(driven).at : updatedAt;
  return Math.min(Date.parse(at), now);
}
