import { describe, expect, it } from "vitest";
import { rateOf, rateScope } from "../../../adapters/aws/client/rates.ts";
import { openAssembled } from "../../support/assembled.ts";

const SCOPE = rateScope("123456789012", "us-east-1");
const MINUTE = 60_000;
const PACED = {
  capabilities: {
    batch: { maximum: 1_000, longestSpawnId: null, idleMilliseconds: 0, longestMilliseconds: 0 },
    rates: { scope: SCOPE, launch: rateOf("RunInstances", SCOPE, {}) },
  },
};

function many(count: number, spawnId?: string) {
  return Array.from({ length: count }, (_, index) => ({
    workspace: "agent-dev",
    ...(spawnId === undefined ? {} : { spawnId: `${spawnId}-${index}` }),
  }));
}

describe("estimateSpawns", () => {
  it("says how long the provider's rates make the launches wait, and for which limit", async () => {
    await using here = await openAssembled(PACED);
    const { launchMilliseconds, ...rest } = await here.slipway.estimateSpawns(many(10_000));
    expect(Math.round(launchMilliseconds / MINUTE)).toBe(75);
    expect(rest).toEqual({ limit: `RunInstances of ${SCOPE}`, bootMilliseconds: 900_000 });
    expect(here.adapter.history).toEqual([]);
  });

  it("counts what has been launched before, by this process or another", async () => {
    await using here = await openAssembled(PACED);
    expect((await here.slipway.estimateSpawns(many(1_000))).launchMilliseconds).toBe(0);
    await here.slipway.spawnWorkspaces(many(900));
    const { launchMilliseconds } = await here.slipway.estimateSpawns(many(1_000));
    expect(launchMilliseconds / MINUTE).toBeGreaterThan(7);
  });

  it("leaves out spawns that are recorded already", async () => {
    await using here = await openAssembled(PACED);
    await here.slipway.spawnWorkspaces(many(1_000, "x"));
    const again = await here.slipway.estimateSpawns(many(1_000, "x"));
    expect(again.launchMilliseconds).toBe(0);
  });

  it("adds up plans and workspaces of one account", async () => {
    await using here = await openAssembled(PACED);
    const plan = await here.slipway.resolveWorkspace("agent-dev");
    const wanted = [...many(1_500), ...many(1_500).map((one) => ({ ...one, workspace: plan }))];
    const { launchMilliseconds } = await here.slipway.estimateSpawns(wanted);
    expect(Math.round(launchMilliseconds / 1_000)).toBe(1_000);
  });

  it("is nothing without rates, and for a workspace that cannot be spawned", async () => {
    await using here = await openAssembled();
    expect((await here.slipway.estimateSpawns(many(10_000))).launchMilliseconds).toBe(0);
    expect(await here.slipway.estimateSpawns(["no-such-workspace"])).toEqual({
      launchMilliseconds: 0,
      limit: null,
      bootMilliseconds: 0,
    });
  });

  it("rejects what is not a list of spawns", async () => {
    await using here = await openAssembled();
    const wanted: readonly string[] = JSON.parse("7");
    await expect(here.slipway.estimateSpawns(wanted)).rejects.toMatchObject({
      reason: "INVALID_INPUT",
    });
  });
});
