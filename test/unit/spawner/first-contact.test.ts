import { describe, expect, it } from "vitest";
import { createSpawnerRuntime, spawnPlan, terminate } from "../../../src/spawner/spawn.ts";
import { recover } from "../../../src/spawner/recover.ts";
import { KEY, spawnerWorld } from "../../support/spawner-world.ts";

const REFUSED = {
  code: "UNAVAILABLE",
  reason: "CLOUD_UNAVAILABLE",
  message: "connect ECONNREFUSED 127.0.0.1:9",
  remedy: "Check the network.",
  retry: "same-token",
  metadata: { sent: false },
} as const;
const LOST = { ...REFUSED, message: "no complete answer", metadata: {} } as const;
const RETRY = 120_000;
const MOST = 500;

/** A spawn that runs, and a new process whose provider can no longer be reached. */
async function outOfReach(error: typeof REFUSED | typeof LOST, bootMilliseconds = 0) {
  const here = spawnerWorld({ bootMilliseconds, capabilities: { retryMilliseconds: RETRY } });
  await here.spawn({ wait: "accepted" });
  here.adapter.fault({ verb: "launch", kind: "reject", times: Infinity, error });
  for (const verb of ["describe", "terminate", "list"] as const)
    here.adapter.fault({ verb, kind: "throw", times: Infinity, error });
  const worker = { id: "worker-2", isGone: () => true };
  const runtime = createSpawnerRuntime({ ...here.ports, worker });
  return { ...here, runtime, began: here.clock.now() };
}

describe("a provider that no call of this process has reached", () => {
  it("is reported by terminate within half a second; the spawn stays terminating", async () => {
    const { clock, began, runtime, ...here } = await outOfReach(REFUSED);
    const ending = terminate(runtime, here.waitOptions({ wait: "settled" }));
    await expect(clock.runUntilSettled(ending)).rejects.toMatchObject({
      code: "UNAVAILABLE",
      message:
        "spawn one stays terminating, because its machine could not be terminated yet: connect ECONNREFUSED 127.0.0.1:9",
      remedy:
        "Check the network. Run `slipway terminate one` or `slipway recover` to terminate it.",
      metadata: { spawn_id: "one", state: "terminating" },
    });
    expect(clock.now() - began).toBeLessThanOrEqual(MOST);
    expect((await here.ledger.find(KEY))?.lease.worker).toBeNull();
    expect(here.notices.find(({ kind }) => kind === "retrying")).toMatchObject({
      spawnId: "one",
      message: REFUSED.message,
    });
  });

  it("is reported by recover within half a second; the spawns keep their states", async () => {
    const { clock, began, runtime, ...here } = await outOfReach(REFUSED, 60_000);
    const signal = new AbortController().signal;
    const request = { tenant: "default", signal, onEvent: () => undefined };
    expect(await clock.runUntilSettled(recover(runtime, request))).toMatchObject([
      { spawn: { state: "booting" }, error: { code: "UNAVAILABLE" } },
    ]);
    expect(clock.now() - began).toBeLessThanOrEqual(MOST);
    expect(here.adapter.machines).toHaveLength(1);
  });

  it("fails a new spawn within half a second: nothing was sent", async () => {
    const { clock, began, runtime, ...here } = await outOfReach(REFUSED);
    const spawning = spawnPlan(runtime, here.request({ spawnId: "two" }));
    expect(await clock.runUntilSettled(spawning)).toMatchObject({ state: "failed" });
    expect(clock.now() - began).toBeLessThanOrEqual(MOST);
  });

  it("is asked again for its whole time once a request has been sent", async () => {
    const { clock, began, runtime, ...here } = await outOfReach(LOST);
    const ending = terminate(runtime, here.waitOptions({ wait: "settled" }));
    await expect(clock.runUntilSettled(ending)).rejects.toMatchObject({ code: "UNAVAILABLE" });
    expect(clock.now() - began).toBeGreaterThan(RETRY / 2);
  });
});

describe("a provider that this process has reached before", () => {
  it("is asked again for its whole time: the network may come back", async () => {
    const { clock, ...here } = spawnerWorld({ capabilities: { retryMilliseconds: RETRY } });
    await here.spawn();
    here.adapter.fault({ verb: "terminate", kind: "throw", times: 6, error: REFUSED });
    const began = clock.now();
    expect((await here.terminate()).state).toBe("terminated");
    expect(clock.now() - began).toBeGreaterThan(MOST);
  });
});
