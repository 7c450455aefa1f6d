import { describe, expect, it } from "vitest";
import { createSpawnerRuntime, spawnPlan, terminate } from "../../../src/spawner/spawn.ts";
import type { SubstrateAdapter } from "../../../src/substrate/contract.ts";
import { KEY, spawnerWorld } from "../../support/spawner-world.ts";

describe("terminate", () => {
  it("terminates the machine, keeps the record, and has the same result twice", async () => {
    const here = spawnerWorld();
    await here.spawn();
    const spawn = await here.terminate();
    expect(spawn.state).toBe("terminated");
    expect(here.adapter.machines).toEqual([]);
    expect(await here.terminate()).toEqual(spawn);
  });

  it("terminates a machine whose launch was never answered", async () => {
    const here = spawnerWorld({
      faults: [{ verb: "launch", kind: "lost-after", times: Infinity }],
    });
    await expect(here.spawn()).rejects.toMatchObject({ reason: "SPAWN_UNSETTLED" });
    expect(here.adapter.machines).toHaveLength(1);
    await here.terminate();
    expect(here.adapter.machines).toEqual([]);
  });

  it("stays terminating if the provider does not confirm it", async () => {
    const error = { code: "UNAVAILABLE", reason: "ENGINE_UNAVAILABLE", message: "down" } as const;
    const here = spawnerWorld({
      faults: [{ verb: "terminate", kind: "reject", error }],
    });
    await here.spawn();
    await expect(here.terminate()).rejects.toMatchObject({
      reason: "ENGINE_UNAVAILABLE",
    });
    expect((await here.ledger.find(KEY))?.spawn.state).toBe("terminating");
    expect((await here.terminate()).state).toBe("terminated");
  });

  it("throws NOT_FOUND for an id that the tenant does not have", async () => {
    const here = spawnerWorld();
    await here.spawn();
    await expect(here.terminate({ tenant: "other" })).rejects.toMatchObject({
      code: "NOT_FOUND",
      reason: "SPAWN_NOT_FOUND",
    });
  });

  it("counts no launch as absent that may still take effect, even if no machine is listed", async () => {
    const here = spawnerWorld();
    // An engine that has the request of a process that died, and executes it later.
    const late: SubstrateAdapter = {
      ...here.adapter,
      launch: () => new Promise<never>(() => undefined),
    };
    const dying = createSpawnerRuntime({ ...here.ports, openAdapter: async () => late });
    void spawnPlan(dying, here.request());
    await here.clock.advance(1);
    const wanted: (boolean | undefined)[] = [];
    const later: SubstrateAdapter = {
      ...here.adapter,
      async launch(launch, signal) {
        wanted.push(launch.isWanted);
        return await here.adapter.launch(launch, signal);
      },
    };
    const runtime = createSpawnerRuntime({
      ...here.ports,
      worker: { id: "worker-2", isGone: () => true },
      openAdapter: async () => later,
      // The spawn's secret may be gone: a machine that is not started needs none.
      launchSecrets: () => Promise.reject(new Error("no secret is needed")),
    });
    const ending = terminate(runtime, here.waitOptions({ wait: "settled" }));
    expect((await here.clock.runUntilSettled(ending)).state).toBe("terminated");
    expect(wanted).toEqual([false]);
    expect(here.adapter.machines).toEqual([]);
  });
});
