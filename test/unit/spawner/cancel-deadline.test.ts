import { expect, it } from "vitest";
import { spawnPlan } from "../../../src/spawner/spawn.ts";
import { KEY, spawnerWorld } from "../../support/spawner-world.ts";

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
