import { systemClock } from "../../../src/host/system-clock.ts";
import type { Clock } from "../../../src/host/clock.ts";

/** A clock on which so many times as much time passes: patience of minutes is over in moments. */
export function fastClock(times: number): Clock {
  const start = systemClock.now();
  return {
    now: () => start + (systemClock.now() - start) * times,
    sleep: (milliseconds, signal) => systemClock.sleep(milliseconds / times, signal),
  };
}
