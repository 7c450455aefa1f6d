import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createShutdown, raceWithInterrupt } from "../../../src/cli/shutdown.ts";

const INTERRUPTED = { code: "CANCELLED", reason: "INTERRUPTED" };
const never = new Promise<never>(() => undefined);

describe("raceWithInterrupt", () => {
  it("settles as the work settles", async () => {
    const { signal } = new AbortController();
    expect(await raceWithInterrupt(signal, Promise.resolve("done"))).toBe("done");
    await expect(raceWithInterrupt(signal, Promise.reject(new Error("broken")))).rejects.toThrow(
      "broken",
    );
  });

  it("rejects when it is interrupted, before or during the work", async () => {
    await expect(raceWithInterrupt(AbortSignal.abort(), never)).rejects.toMatchObject(INTERRUPTED);
    const interrupt = new AbortController();
    const waiting = raceWithInterrupt(interrupt.signal, never);
    interrupt.abort();
    await expect(waiting).rejects.toMatchObject(INTERRUPTED);
  });
});

describe("createShutdown", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it.each(["before", "during"])(
    "abandons when the grace period ends: interrupted %s the command",
    async (when) => {
      const interrupt = new AbortController();
      if (when === "before") interrupt.abort();
      const { abandoned } = createShutdown(interrupt.signal, 5_000);
      if (when === "during") interrupt.abort();
      expect(vi.getTimerCount()).toBe(1);
      vi.advanceTimersByTime(5_000);
      await expect(abandoned).rejects.toMatchObject(INTERRUPTED);
    },
  );

  it("stops its timer and listener when the command has ended", () => {
    const interrupt = new AbortController();
    const shutdown = createShutdown(interrupt.signal, 5_000);
    interrupt.abort();
    shutdown.cancel();
    expect(vi.getTimerCount()).toBe(0);
    const later = new AbortController();
    createShutdown(later.signal, 5_000).cancel();
    later.abort();
    expect(vi.getTimerCount()).toBe(0);
  });
});
