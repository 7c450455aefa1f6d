import { describe, expect, it } from "vitest";
import { recover } from "../../../src/spawner/recover.ts";
import { refresh } from "../../../src/spawner/refresh.ts";
import { createSpawnerRuntime, terminate } from "../../../src/spawner/spawn.ts";
import { KEY, spawnerWorld } from "../../support/spawner-world.ts";

const LAG = 300_000;
const { signal } = new AbortController();

/** A spawn that was accepted a moment ago, and another process that does not see its machine for so long. */
async function lagging(milliseconds: number, age = 1_000) {
  const here = spawnerWorld({ bootMilliseconds: 500, capabilities: { lagMilliseconds: LAG } });
  const accepted = await here.spawn({ wait: "accepted" });
  await here.clock.advance(age);
  const shownFrom = here.clock.now() + milliseconds;
  const isShown = () => here.clock.now() >= shownFrom;
  const runtime = createSpawnerRuntime({
    ...here.ports,
    worker: { id: "worker-2", isGone: () => true },
    openAdapter: () =>
      Promise.resolve({
        ...here.adapter,
        describe: async (ids, until) =>
          isShown() ? await here.adapter.describe(ids, until) : ids.map(() => "unknown" as const),
        terminate: async (ids, until) =>
          isShown()
            ? await here.adapter.terminate(ids, until)
            : ids.map((id) => ({ id, outcome: "unknown" })),
      }),
  });
  const start = here.clock.now();
  return {
    ...here,
    accepted,
    runtime,
    recover: () =>
      here.clock.runUntilSettled(
        recover(runtime, { tenant: KEY.tenant, signal, onEvent: () => undefined }),
      ),
    passed: () => here.clock.now() - start,
    state: async () => (await here.ledger.find(KEY))?.spawn.state,
  };
}

describe("a machine that its provider does not know yet", () => {
  it("is waited for by a recovery of its spawn", async () => {
    const here = await lagging(20_000);
    const [recovered] = await here.recover();
    expect(recovered).toMatchObject({ error: null, spawn: { state: "running" } });
    expect(recovered?.spawn?.machine?.id).toBe(here.accepted.machine?.id);
  });

  it("counts as gone in the end", async () => {
    const here = await lagging(Infinity);
    const [recovered] = await here.recover();
    expect(recovered?.spawn).toMatchObject({
      state: "failed",
      error: { reason: "MACHINE_NOT_FOUND" },
    });
    expect(here.passed()).toBeGreaterThanOrEqual(LAG - 1_000);
    expect(here.passed()).toBeLessThan(LAG + 10_000);
  });

  it("counts as gone at once if it was launched long ago", async () => {
    const here = await lagging(Infinity, LAG);
    const [recovered] = await here.recover();
    expect(recovered?.spawn?.state).toBe("failed");
    expect(here.passed()).toBeLessThan(1_000);
  });

  it("keeps its spawn when it is refreshed", async () => {
    const here = await lagging(20_000);
    await refresh(here.runtime, [KEY], signal);
    expect(await here.state()).toBe("booting");
    await here.clock.advance(20_000);
    await refresh(here.runtime, [KEY], signal);
    expect(await here.state()).toBe("running");
  });

  it("ends its spawn when it is refreshed long after its launch", async () => {
    const here = await lagging(Infinity, LAG);
    await refresh(here.runtime, [KEY], signal);
    expect(await here.state()).toBe("terminated");
  });

  it("is terminated once it is known", async () => {
    const here = await lagging(20_000);
    await here.clock.runUntilSettled(terminate(here.runtime, here.waitOptions()));
    expect([await here.state(), here.adapter.machines]).toEqual(["terminated", []]);
  });
});

describe("a machine that stays pending", () => {
  const PENDING = 900_000;
  const pending = (bootMilliseconds: number) =>
    spawnerWorld({ bootMilliseconds, capabilities: { pendingMilliseconds: PENDING } });

  it("is waited for no longer than its substrate allows, and keeps its spawn", async () => {
    const here = pending(2 * PENDING);
    await expect(here.spawn()).rejects.toMatchObject({
      code: "DEADLINE_EXCEEDED",
      reason: "BOOT_TIMED_OUT",
      message: expect.stringContaining("still pending more than 15 min after it was accepted"),
    });
    expect((await here.ledger.find(KEY))?.spawn).toMatchObject({ state: "booting", error: null });
    expect((await here.ledger.find(KEY))?.lease.worker).toBe(null);
    expect(here.adapter.machines).toHaveLength(1);
  });

  it("is reported at once to a later caller, and found running when it runs", async () => {
    const here = pending(2 * PENDING);
    await expect(here.spawn()).rejects.toMatchObject({ reason: "BOOT_TIMED_OUT" });
    const before = here.clock.now();
    await expect(here.spawn()).rejects.toMatchObject({ reason: "BOOT_TIMED_OUT" });
    expect(here.clock.now()).toBe(before);
    await here.clock.advance(PENDING);
    expect(await here.spawn()).toMatchObject({ state: "running" });
  });

  it("is terminated with its spawn", async () => {
    const here = pending(Infinity);
    await expect(here.spawn()).rejects.toMatchObject({ reason: "BOOT_TIMED_OUT" });
    await here.terminate();
    expect(here.adapter.machines).toEqual([]);
  });
});
