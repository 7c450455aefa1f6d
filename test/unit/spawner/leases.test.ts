import { describe, expect, it } from "vitest";
import { createLeases, LEASE_MILLISECONDS } from "../../../src/spawner/leases.ts";
import { createMemoryLedger } from "../../../src/ledger/memory-ledger.ts";
import { createFakeClock } from "../../../testing/fake-clock.ts";

const KEY = { tenant: "default", spawnId: "one" };
const OTHER = { tenant: "default", spawnId: "two" };

function leasing(gone: readonly string[] = []) {
  const clock = createFakeClock();
  const renewals: { readonly worker: string; readonly at: number; readonly until: number }[] = [];
  const start = clock.now();
  let fails = false;
  const ledger = {
    ...createMemoryLedger(),
    renew: (worker: string, until: number) => {
      renewals.push({ worker, at: clock.now() - start, until: until - start });
      return fails ? Promise.reject(new Error("busy")) : Promise.resolve();
    },
  };
  const worker = { id: "worker-1", isGone: (id: string) => gone.includes(id) };
  const leases = createLeases({ ledger, clock, worker });
  return { clock, leases, renewals, failing: (now: boolean) => (fails = now) };
}

describe("leases", () => {
  it("last 30 seconds or more", () => {
    const { clock, leases } = leasing();
    expect(LEASE_MILLISECONDS).toBeGreaterThanOrEqual(30_000);
    expect(leases.until()).toBe(clock.now() + LEASE_MILLISECONDS);
  });

  it("are renewed three times during a lease while a spawn is driven, whatever fails", async () => {
    const { clock, leases, renewals, failing } = leasing();
    const holds = [leases.keepAlive(KEY), leases.keepAlive(OTHER), leases.keepAlive(KEY)];
    await clock.advance(20_000);
    expect(renewals).toEqual([
      { worker: "worker-1", at: 10_000, until: 40_000 },
      { worker: "worker-1", at: 20_000, until: 50_000 },
    ]);
    failing(true);
    await clock.advance(10_000);
    failing(false);
    await clock.advance(10_000);
    expect(renewals.map(({ at }) => at)).toEqual([10_000, 20_000, 30_000, 40_000]);
    for (const hold of holds) hold[Symbol.dispose]();
    await clock.runUntilIdle();
    expect([renewals.length, clock.sleeping]).toEqual([4, 0]);
    using _again = leases.keepAlive(KEY);
    await clock.advance(10_000);
    expect(renewals).toHaveLength(5);
  });

  it("are free without a worker, after their end, and if the worker is gone", () => {
    const { clock, leases } = leasing(["worker-2"]);
    const later = clock.now() + 1;
    const lease = (worker: string | null, until = later) => ({ worker, until, fence: 1 });
    expect(leases.isFree(KEY, lease(null))).toBe(true);
    expect(leases.isFree(KEY, lease("worker-3", clock.now()))).toBe(true);
    expect(leases.isFree(KEY, lease("worker-2"))).toBe(true);
    expect(leases.isFree(KEY, lease("worker-3"))).toBe(false);
  });

  it("of this worker are free if it does not drive the spawn, until the last driver stops", () => {
    const { clock, leases } = leasing();
    const lease = { worker: "worker-1", until: clock.now() + 1, fence: 1 };
    expect(leases.isFree(KEY, lease)).toBe(true);
    const first = leases.keepAlive(KEY);
    const second = leases.keepAlive(KEY);
    expect(leases.isFree(OTHER, lease)).toBe(true);
    first[Symbol.dispose]();
    expect(leases.isFree(KEY, lease)).toBe(false);
    // A process that stood still has let its lease run out, and continues to drive.
    expect(leases.isFree(KEY, { ...lease, until: clock.now() })).toBe(false);
    second[Symbol.dispose]();
    expect(leases.isFree(KEY, lease)).toBe(true);
  });
});
