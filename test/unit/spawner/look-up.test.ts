import { describe, expect, it } from "vitest";
import { SlipwayError } from "../../../src/errors.ts";
import type { SpawnerPorts } from "../../../src/spawner/task.ts";
import type { LaunchOutcome, Machine } from "../../../src/substrate/contract.ts";
import { KEY, spawnerWorld } from "../../support/spawner-world.ts";

const lost = new SlipwayError({
  code: "UNAVAILABLE",
  reason: "ENGINE_UNAVAILABLE",
  message: "the answer was lost",
  retry: "same-token",
});
const refusal = new SlipwayError({
  code: "FAILED_PRECONDITION",
  reason: "REGISTRY_PERMISSION_DENIED",
  message: "the registry refuses",
});

describe("a look-up after a lost answer and a refusal", () => {
  /** An engine that created the container during a second call, and starts it at the third. */
  function engineWith(state: Machine["state"]) {
    const here = spawnerWorld();
    let asked = 0;
    const openAdapter: SpawnerPorts["openAdapter"] = () =>
      Promise.resolve({
        ...here.adapter,
        launch: async (launch, signal): Promise<readonly LaunchOutcome[]> => {
          asked += 1;
          if (asked === 1) return [{ outcome: "unknown", error: lost }];
          const outcomes = await here.adapter.launch(launch, signal);
          return asked === 2 ? [{ outcome: "rejected", error: refusal }] : outcomes;
        },
        list: async (owner, signal) =>
          (await here.adapter.list(owner, signal)).map((machine) => ({ ...machine, state })),
      });
    return { here, openAdapter, asked: () => asked };
  }

  it("launches again if a container was created and never started", async () => {
    const { here, openAdapter, asked } = engineWith("pending");
    const spawn = await here.spawnElsewhere({ openAdapter });
    expect(spawn).toMatchObject({ ...KEY, state: "running" });
    expect(here.adapter.machines).toHaveLength(1);
    expect(asked()).toBe(3);
  });

  it("adopts a machine that runs", async () => {
    const { here, openAdapter, asked } = engineWith("running");
    expect(await here.spawnElsewhere({ openAdapter })).toMatchObject({ state: "running" });
    expect(asked()).toBe(2);
  });
});
