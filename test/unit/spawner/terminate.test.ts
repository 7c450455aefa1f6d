import { describe, expect, it } from "vitest";
import { terminateSpawn } from "../../../src/spawner/terminate.ts";
import { KEY, spawnerWorld } from "../../support/spawner-world.ts";

describe("terminateSpawn", () => {
  const signal = new AbortController().signal;

  it("ends the machine, keeps the record, and is the same twice", async () => {
    await using here = await spawnerWorld();
    await here.spawn();
    const spawn = await terminateSpawn(here.ports, KEY, signal);
    expect(spawn.state).toBe("terminated");
    expect(here.adapter.machines).toEqual([]);
    expect(await terminateSpawn(here.ports, KEY, signal)).toEqual(spawn);
  });

  it("ends a machine whose launch was never answered", async () => {
    await using here = await spawnerWorld({ faults: [{ verb: "launch", kind: "lost-after" }] });
    await expect(here.spawn()).rejects.toMatchObject({ reason: "SPAWN_UNSETTLED" });
    expect(here.adapter.machines).toHaveLength(1);
    await terminateSpawn(here.ports, KEY, signal);
    expect(here.adapter.machines).toEqual([]);
  });

  it("stays terminating where the provider does not confirm it", async () => {
    const error = { code: "UNAVAILABLE", reason: "ENGINE_UNAVAILABLE", message: "down" } as const;
    await using here = await spawnerWorld({
      faults: [{ verb: "terminate", kind: "reject", error }],
    });
    await here.spawn();
    await expect(terminateSpawn(here.ports, KEY, signal)).rejects.toMatchObject({
      reason: "ENGINE_UNAVAILABLE",
    });
    expect((await here.ledger.find(KEY))?.spawn.state).toBe("terminating");
    expect((await terminateSpawn(here.ports, KEY, signal)).state).toBe("terminated");
  });

  it("says NOT_FOUND for an id that the tenant does not know", async () => {
    await using here = await spawnerWorld();
    await here.spawn();
    await expect(
      terminateSpawn(here.ports, { tenant: "other", spawnId: "one" }, signal),
    ).rejects.toMatchObject({ code: "NOT_FOUND", reason: "SPAWN_NOT_FOUND" });
  });
});
