import { describe, expect, it } from "vitest";
import { createSpawnerRuntime, spawnPlan } from "../../../src/spawner/spawn.ts";
import { KEY, spawnerWorld } from "../../support/spawner-world.ts";

describe("a spawn with a waiting caller", () => {
  it("is left after a moment when it is interrupted, even if its launch is never answered", async () => {
    const here = spawnerWorld();
    const controller = new AbortController();
    const openAdapter = () =>
      Promise.resolve({ ...here.adapter, launch: () => new Promise<never>(() => undefined) });
    const runtime = createSpawnerRuntime({ ...here.ports, openAdapter });
    const spawning = spawnPlan(runtime, here.request({ detach: controller.signal }));
    await here.clock.advance(100);
    controller.abort();
    const before = here.clock.now();
    await expect(here.clock.runUntilSettled(spawning)).rejects.toMatchObject({
      code: "CANCELLED",
      reason: "INTERRUPTED",
      remedy:
        "Resume it with `slipway spawn agent-dev --id one`, or end it with `slipway terminate one`.",
    });
    expect(here.clock.now() - before).toBeLessThanOrEqual(2_000);
    expect((await here.ledger.find(KEY))?.lease.worker).toBe(null);
    expect(await here.spawn()).toMatchObject({ state: "running" });
    expect(here.adapter.machines).toHaveLength(1);
  });

  it("reports each state to which another worker brings it", async () => {
    const here = spawnerWorld({ bootMilliseconds: 3_000 });
    const first = spawnPlan(here.runtime, here.request({ onEvent: () => undefined }));
    await here.clock.advance(10);
    const worker = { id: "worker-2", isGone: () => false };
    const onlooker = createSpawnerRuntime({ ...here.ports, worker });
    const second = spawnPlan(onlooker, here.request());
    const [one, other] = await here.clock.runUntilSettled(Promise.all([first, second]));
    expect(other.machine?.id).toBe(one.machine?.id);
    expect(here.notices).toMatchObject([{ event: { state: "booting" } }]);
    expect(here.adapter.machines).toHaveLength(1);
  });
});
