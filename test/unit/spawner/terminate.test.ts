import { describe, expect, it } from "vitest";
import { KEY, spawnerWorld } from "../../support/spawner-world.ts";

describe("terminate", () => {
  it("ends the machine, keeps the record, and is the same twice", async () => {
    const here = spawnerWorld();
    await here.spawn();
    const spawn = await here.terminate();
    expect(spawn.state).toBe("terminated");
    expect(here.adapter.machines).toEqual([]);
    expect(await here.terminate()).toEqual(spawn);
  });

  it("ends a machine whose launch was never answered", async () => {
    const here = spawnerWorld({
      faults: [{ verb: "launch", kind: "lost-after", times: Infinity }],
    });
    await expect(here.spawn()).rejects.toMatchObject({ reason: "SPAWN_UNSETTLED" });
    expect(here.adapter.machines).toHaveLength(1);
    await here.terminate();
    expect(here.adapter.machines).toEqual([]);
  });

  it("stays terminating where the provider does not confirm it", async () => {
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

  it("says NOT_FOUND for an id that the tenant does not know", async () => {
    const here = spawnerWorld();
    await here.spawn();
    await expect(here.terminate({ tenant: "other" })).rejects.toMatchObject({
      code: "NOT_FOUND",
      reason: "SPAWN_NOT_FOUND",
    });
  });
});
