import { describe, expect, it } from "vitest";
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
});
