import { systemClock } from "../../../src/host/system-clock.ts";
import type { Clock } from "../../../src/host/clock.ts";

/** A clock that runs faster by a factor: timeouts of minutes expire in moments. */
export function fastClock(times: number): Clock {
  const start = systemClock.now();
  return {
    now: () => start + (systemClock.now() - start) * times,
    sleep: (milliseconds, signal) => systemClock.sleep(milliseconds / times, signal),
  };
}
