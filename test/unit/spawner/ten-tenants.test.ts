import { describe, expect, it } from "vitest";
import { rateOf, rateScope } from "../../../adapters/aws/client/rates.ts";
import { createSpawnerRuntime, spawnPlan } from "../../../src/spawner/spawn.ts";
import { burstWorld, ids } from "../../support/burst-world.ts";

const SCOPE = rateScope("123456789012", "us-east-1");
const RATES = { scope: SCOPE, launch: rateOf("RunInstances", SCOPE, {}) };
/** In milliseconds: EC2's bucket is refilled with one call in 500. */
const APART = 700;
const MOST = 2_000;

/**
 * Ten tenants, each with its own process, in one account. Ten calls in the same moment take EC2 2.5 seconds at its
 * published rates, whatever process makes them, so the others come one after another while the burst is under way.
 */
describe("nine tenants beside one that bursts", () => {
  it.each([
    ["has them seen before", 1],
    ["knows nothing of them", 0],
  ])("are accepted within two seconds if the burst %s", async (_what, visits) => {
    const here = burstWorld({
      capabilities: { rates: RATES },
      places: [{ place: "engine-1" }],
      bootMilliseconds: 60_000,
    });
    const { clock, ports, plan, request } = here;
    const worlds = ids(10).map((name) =>
      createSpawnerRuntime({ ...ports, worker: { id: `worker-${name}`, isGone: () => false } }),
    );
    const spawn = async (tenant: number, spawnId: string): Promise<number> => {
      const world = worlds[tenant];
      if (world === undefined) throw new Error(`there is no tenant ${tenant}`);
      const name = `tenant-${tenant}`;
      const asked = clock.now();
      const wish = { tenant: name, spawnId, plan: { ...plan, tenant: name } };
      await spawnPlan(world, request({ ...wish, wait: "accepted" }));
      return clock.now() - asked;
    };
    const others = ids(9).map((_id, index) => index + 1);
    for (const tenant of visits === 0 ? [] : others) {
      await clock.runUntilSettled(spawn(tenant, "earlier"));
      await clock.advance(APART);
    }
    const burst = Promise.all(ids(1_000).map((id) => spawn(0, id)));
    const singles = others.map(async (tenant) => {
      await clock.sleep(tenant * APART);
      return await spawn(tenant, "one");
    });
    const waits = await clock.runUntilSettled(Promise.all(singles));

    expect(waits.filter((wait) => wait > MOST)).toEqual([]);
    const taken = await clock.runUntilSettled(burst);
    expect(taken).toHaveLength(1_000);
  });
});
