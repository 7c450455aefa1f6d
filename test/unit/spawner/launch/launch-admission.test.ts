import { describe, expect, it } from "vitest";
import { SlipwayError } from "../../../../src/errors.ts";
import { createGovernor } from "../../../../src/pacing/governor.ts";
import { createLaunchAdmission } from "../../../../src/spawner/launch/launch-admission.ts";
import { createSpawnerRuntime, spawnPlan } from "../../../../src/spawner/spawn.ts";
import type { RateBucket } from "../../../../src/pacing/rates.ts";
import type { FakeAdapterOptions } from "../../../../testing/substrate/fake-adapter.ts";
import { BATCH, burstWorld, ids, ONE_A_SECOND } from "../../../support/burst-world.ts";
import { samplePlan } from "../../../support/sample-plan.ts";

function ratedWorld(
  resources: RateBucket | null = null,
  options: Partial<Pick<FakeAdapterOptions, "faults" | "places">> = {},
) {
  const launch = { name: "Launch", requests: ONE_A_SECOND, resources };
  return burstWorld({
    ...options,
    callMilliseconds: 1,
    capabilities: { batch: BATCH, rates: { scope: "here", launch } },
  });
}

describe("launches and the account's own rates", () => {
  it("wait for their turn, gather in the meantime, and report it", async () => {
    const here = ratedWorld();
    const first = here.begin("first");
    await here.clock.advance(100);
    const burst = [here.begin("second")];
    await here.clock.advance(100);
    burst.push(...ids(5).map((id) => here.begin(id)));
    await here.clock.runUntilSettled(Promise.all([first, ...burst]));
    expect(here.sizes()).toEqual([1, 6]);
    expect(here.calls[1]?.at).toBeGreaterThanOrEqual(1_000);
    expect(here.calls[1]?.at).toBeLessThan(1_500);
    const told = here.notices.find(({ kind }) => kind === "waiting");
    expect(told).toMatchObject({ spawnId: "second", message: "Launch of here" });
    expect(told).toHaveProperty("milliseconds", expect.any(Number));
  });

  it("launch no more machines than the account may", async () => {
    const resources = { ...ONE_A_SECOND, capacity: 10, refill: 10 };
    const here = ratedWorld(resources);
    await here.clock.runUntilSettled(Promise.all(ids(25).map((id) => here.begin(id))));
    const sizes = here.sizes();
    expect(sizes[0]).toBe(10);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(25);
    expect(here.adapter.machines).toHaveLength(25);
    const gaps = here.calls.slice(1).map(({ at }, index) => at - (here.calls[index]?.at ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(1_000);
  });

  it("slow down after a throttle, and use the same token", async () => {
    const error = {
      code: "RESOURCE_EXHAUSTED",
      reason: "CLOUD_RATE_LIMITED",
      message: "slower",
      retry: "same-token",
    } as const;
    const here = ratedWorld(null, { faults: [{ verb: "launch", kind: "reject", error }] });
    const spawns = [await here.clock.runUntilSettled(here.begin("one"))];
    spawns.push(await here.clock.runUntilSettled(here.begin("two")));
    expect(spawns.map(({ state }) => state)).toEqual(["running", "running"]);
    expect(new Set(here.adapter.history.slice(0, 2).map(({ token }) => token)).size).toBe(1);
    const [, repeated, next] = here.calls;
    // Half the published pace.
    expect((next?.at ?? 0) - (repeated?.at ?? 0)).toBeGreaterThanOrEqual(1_800);
  });

  it("are refunded for machines that a place had no room for", async () => {
    const resources = { ...ONE_A_SECOND, capacity: 10, refill: 1 };
    const places = [{ place: "engine-1", capacity: 2 }];
    const here = ratedWorld(resources, { places });
    const spawns = await here.clock.runUntilSettled(
      Promise.all(ids(10).map((id) => here.begin(id))),
    );
    expect(spawns.filter(({ state }) => state === "running")).toHaveLength(2);
    here.adapter.setCapacity("engine-1", 100);
    const before = here.clock.now();
    await here.clock.runUntilSettled(Promise.all(ids(8).map((id) => here.begin(`next-${id}`))));
    expect(here.sizes()).toEqual([10, 8]);
    expect(here.clock.now() - before).toBeLessThan(3_000);
  });

  it("are not refunded for a repetition, which the first answer may have done", async () => {
    const here = ratedWorld({ ...ONE_A_SECOND, capacity: 10 });
    const { ledger, clock } = here.ports;
    const corrections: number[] = [];
    const correct: typeof ledger.correct = async (turn, correction) => {
      if (correction.kind === "refused") corrections.push(correction.resources);
      await ledger.correct(turn, correction);
    };
    const kept = { ...ledger, correct };
    const governor = createGovernor({ store: kept, clock, queueId: "here", isGone: () => false });
    const { noteOutcomes } = createLaunchAdmission(governor);
    const { adapter } = here;
    const launch = {
      token: "a".repeat(64),
      adapter,
      owner: "owner",
      plan: samplePlan(),
      candidate: 0,
      at: clock.now(),
    };
    const secrets = async () => ({ credential: null, environment: {}, files: [] });
    const error = new SlipwayError({
      code: "RESOURCE_EXHAUSTED",
      reason: "INSUFFICIENT_CAPACITY",
      message: "full",
    });
    for (const isRepeated of [false, true])
      await noteOutcomes({ ...launch, secrets }, [{ outcome: "rejected", error }], isRepeated);
    expect(corrections).toEqual([1]);
  });

  it("wait for another turn if the record took so long that others went first", async () => {
    const here = ratedWorld();
    const { ledger } = here.ports;
    const begin: typeof ledger.begin = async (spawns, spent) => {
      if (spawns[0]?.spawnId === "slow") await here.clock.sleep(2_000);
      return await ledger.begin(spawns, spent);
    };
    const world = createSpawnerRuntime({ ...here.ports, ledger: { ...ledger, begin } });
    const spawns = ["slow", "other"].map(async (spawnId, index) => {
      await here.clock.sleep(index * 10);
      const workspace = { ...here.request().plan, planId: `plan-${index}` };
      return await spawnPlan(world, here.request({ spawnId, plan: workspace }));
    });
    await here.clock.runUntilSettled(Promise.all(spawns));
    expect(here.calls.map(({ members }) => members)).toEqual([["other"], ["slow"]]);
    const [first, second] = here.calls;
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(1_000);
  });
});
