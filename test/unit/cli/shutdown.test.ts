import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createDeparture, orInterrupted } from "../../../src/cli/shutdown.ts";

const INTERRUPTED = { code: "CANCELLED", reason: "INTERRUPTED" };
const never = new Promise<never>(() => undefined);

describe("orInterrupted", () => {
  it("gives what the work gives", async () => {
    const { signal } = new AbortController();
    expect(await orInterrupted(signal, Promise.resolve("done"))).toBe("done");
    await expect(orInterrupted(signal, Promise.reject(new Error("broken")))).rejects.toThrow(
      "broken",
    );
  });

  it("waits no longer once it is interrupted, before or meanwhile", async () => {
    await expect(orInterrupted(AbortSignal.abort(), never)).rejects.toMatchObject(INTERRUPTED);
    const interrupt = new AbortController();
    const waiting = orInterrupted(interrupt.signal, never);
    interrupt.abort();
    await expect(waiting).rejects.toMatchObject(INTERRUPTED);
  });
});

describe("createDeparture", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it.each(["before", "meanwhile"])("leaves when patience is over: interrupted %s", async (when) => {
    const interrupt = new AbortController();
    if (when === "before") interrupt.abort();
    const { left } = createDeparture(interrupt.signal, 5_000);
    if (when === "meanwhile") interrupt.abort();
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(5_000);
    await expect(left).rejects.toMatchObject(INTERRUPTED);
  });

  it("forgets about it once the command has ended", () => {
    const interrupt = new AbortController();
    const departure = createDeparture(interrupt.signal, 5_000);
    interrupt.abort();
    departure.stay();
    expect(vi.getTimerCount()).toBe(0);
    const later = new AbortController();
    createDeparture(later.signal, 5_000).stay();
    later.abort();
    expect(vi.getTimerCount()).toBe(0);
  });
});
