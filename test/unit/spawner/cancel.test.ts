import { describe, expect, it } from "vitest";
import { createSpawnerRuntime, spawnPlan } from "../../../src/spawner/spawn.ts";
import type { SpawnerPorts } from "../../../src/spawner/task.ts";
import { KEY, spawnerWorld } from "../../support/spawner-world.ts";

describe("a spawn that its caller leaves", () => {
  it("is recorded when it is interrupted, and says how to continue", async () => {
    const here = spawnerWorld({ bootMilliseconds: 30_000 });
    const controller = new AbortController();
    const spawning = spawnPlan(here.runtime, here.request({ detach: controller.signal }));
    await here.clock.advance(10);
    controller.abort();
    await expect(spawning).rejects.toMatchObject({
      code: "CANCELLED",
      reason: "INTERRUPTED",
      remedy: expect.stringContaining("slipway spawn agent-dev --id one"),
    });
    expect((await here.ledger.find(KEY))?.spawn.state).toBe("booting");
  });

  it("is terminated when it is cancelled, and the error says so", async () => {
    const here = spawnerWorld({ bootMilliseconds: 30_000 });
    const controller = new AbortController();
    const spawning = spawnPlan(here.runtime, here.request({ signal: controller.signal }));
    await here.clock.advance(10);
    expect(here.adapter.machines).toHaveLength(1);
    controller.abort();
    await expect(here.clock.runUntilSettled(spawning)).rejects.toMatchObject({
      code: "CANCELLED",
      message: "spawn one: cancelled; no machine is left",
    });
    expect(here.adapter.machines).toEqual([]);
    expect((await here.ledger.find(KEY))?.spawn.state).toBe("terminated");
  });

  it("is terminated when it is cancelled while the launch is under way", async () => {
    const here = spawnerWorld({
      faults: [{ verb: "launch", kind: "delay", milliseconds: 5_000 }],
    });
    const controller = new AbortController();
    const spawning = spawnPlan(here.runtime, here.request({ signal: controller.signal }));
    await here.clock.advance(10);
    controller.abort();
    await expect(here.clock.runUntilSettled(spawning)).rejects.toMatchObject({ code: "CANCELLED" });
    expect((await here.ledger.find(KEY))?.spawn.state).toBe("terminated");
    await here.clock.advance(10_000);
    expect(here.adapter.machines).toEqual([]);
  });

  it("leaves the spawn to the worker that claimed it while it was being cancelled", async () => {
    const here = spawnerWorld({ bootMilliseconds: 30_000 });
    const other = { tenant: "default", spawnId: "one", worker: "other", until: Infinity };
    const ledger: SpawnerPorts["ledger"] = {
      ...here.ledger,
      async take(steps, spent) {
        const [step] = steps;
        if (step?.to === "terminating")
          await here.ledger.claim({ ...other, fence: step.before.lease.fence });
        return await here.ledger.take(steps, spent);
      },
    };
    const controller = new AbortController();
    const request = here.request({ signal: controller.signal });
    const spawning = spawnPlan(createSpawnerRuntime({ ...here.ports, ledger }), request);
    await here.clock.advance(10);
    controller.abort();
    await expect(here.clock.runUntilSettled(spawning)).rejects.toMatchObject({
      code: "CANCELLED",
      message: "spawn one: interrupted before it was running; it stays recorded",
    });
    expect((await here.ledger.find(KEY))?.lease.worker).toBe("other");
    expect(here.adapter.machines).toHaveLength(1);
  });

  it("records nothing when it is interrupted before", async () => {
    const here = spawnerWorld();
    await expect(here.spawn({ signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: "CANCELLED",
    });
    expect(await here.ledger.list("default", {})).toEqual([]);
  });
});

it("a cancelled spawn stops trying to terminate its machine after a minute of the injected clock", async () => {
  const here = spawnerWorld({
    bootMilliseconds: 10_000,
    faults: [{ verb: "terminate", kind: "delay", milliseconds: 3_600_000 }],
  });
  const cancelling = new AbortController();
  const began = here.clock.now();
  const spawned = spawnPlan(here.runtime, here.request({ signal: cancelling.signal }));
  await Promise.all([
    expect(here.clock.runUntilSettled(spawned)).rejects.toMatchObject({
      reason: "INTERRUPTED",
      metadata: { spawn_id: KEY.spawnId, state: "terminating" },
    }),
    here.clock.sleep(1_000).then(() => cancelling.abort()),
  ]);
  expect(here.clock.now() - began).toBe(61_000);
});
