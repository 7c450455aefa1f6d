import { describe, expect, it } from "vitest";
import { systemClock } from "../../../src/host/system-clock.ts";

describe("systemClock", () => {
  it("sleeps for the given time", async () => {
    const before = systemClock.now();
    await systemClock.sleep(20);
    // Node's timers count whole milliseconds of another clock.
    expect(systemClock.now() - before).toBeGreaterThanOrEqual(18);
  });

  it.each(["before", "while"])(
    "rejects with the signal's own reason if it is aborted %s",
    async (when) => {
      const controller = new AbortController();
      const reason = new Error("enough");
      if (when === "before") controller.abort(reason);
      const sleeping = systemClock.sleep(60_000, controller.signal);
      controller.abort(reason);
      await expect(sleeping).rejects.toBe(reason);
    },
  );
});
