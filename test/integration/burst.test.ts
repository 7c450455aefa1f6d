/** Many at once: few calls, each spawn its own machine, within the rates, and whatever kills the launcher. */
import { describe, expect, it } from "vitest";
import { burstScene, killedBurst, splitBurst, mismatch } from "../support/crash/burst-scene.ts";
import type { BurstKill } from "../support/crash/burst-scene.ts";
import type { CrashSubstrate } from "../support/crash/crash-scene.ts";
import { crashOnEc2, crashOnGce } from "../support/crash/crash-substrates.ts";
import { slipwayProcess } from "../cli/support/slipway-process.ts";

const SLOW = 120_000;
const MANY = 200;
const THOUSAND = 1_000;
const UNBOUNDED = 10_000;
const MOST_LAUNCHES = 10;
const LAUNCHES = /^(?:dry run|RunInstances|instances\.bulkInsert|instances\.insert)$/;
const LOOKS = /^(?:DescribeInstances|instances\.(?:get|list|aggregatedList))$/;

function count(substrate: CrashSubstrate, calls: RegExp): number {
  return substrate.requests().filter(({ call }) => calls.test(call)).length;
}

function throttles(substrate: CrashSubstrate): number {
  return substrate.requests().filter(({ isThrottled }) => isThrottled).length;
}

/** Compute Engine finds machines by a filter of their names, which is bounded: all of them take four calls. */
describe.each([
  ["EC2", () => crashOnEc2({ room: UNBOUNDED, isPaced: true }), 1],
  ["Compute Engine", () => crashOnGce({ room: UNBOUNDED }), 4],
] as const)("spawn --count on %s, under its published rates", (_name, open, callsPerLook) => {
  it("makes each spawn a machine by a few calls", { timeout: SLOW }, async () => {
    await using substrate = await open();
    await using scene = await burstScene(substrate);
    const began = Date.now();
    const { exitCode, stdout, stderr } = await slipwayProcess(
      ["spawn", scene.workspace, "--count", String(MANY), "--id", "a", "-o", "json"],
      { environment: { ...scene.environment, SLIPWAY_DATABASE: scene.database } },
    );
    const seconds = Math.ceil((Date.now() - began) / 1_000);

    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    expect(JSON.parse(stdout)).toHaveLength(MANY);
    expect(await mismatch(scene.slipway, await substrate.machines(), MANY)).toBeNull();
    expect(count(substrate, LAUNCHES)).toBeLessThanOrEqual(MOST_LAUNCHES);
    expect(count(substrate, LOOKS)).toBeLessThanOrEqual(callsPerLook * (seconds + 1));
    expect(throttles(substrate)).toBe(0);
  });
});

describe.each([
  ["EC2", crashOnEc2, THOUSAND],
  ["Compute Engine", crashOnGce, MANY],
] as const)("a place on %s that has room for six in ten", (_name, open, many) => {
  it("gets those, and the next place the others", { timeout: SLOW }, async () => {
    await using substrate = await open({ room: 0.6 * many, isPaced: true });
    expect(await splitBurst(substrate, many)).toEqual({
      wrong: null,
      places: [0.6 * many, 0.4 * many],
    });
    expect(count(substrate, LAUNCHES)).toBeLessThanOrEqual(MOST_LAUNCHES);
  });
});

describe("a burst that is killed", () => {
  it.each<[string, typeof crashOnEc2, BurstKill]>([
    ["EC2", crashOnEc2, { point: "ledger.begin:after", nth: 1 }],
    ["EC2", crashOnEc2, { point: "adapter.launch:after", nth: 1 }],
    ["EC2", crashOnEc2, { point: "ledger.take:after", nth: 17 }],
    ["Compute Engine", crashOnGce, { point: "adapter.launch:after", nth: 2 }],
  ])("comes to exactly as many machines on %s", { timeout: SLOW }, async (_on, open, kill) => {
    await using substrate = await open({ room: 24 });
    expect(await killedBurst(substrate, 40, kill)).toMatchObject({ killed: true, wrong: null });
  });

  // The rest would wait for minutes if what was granted to the dead, or refused, stayed spent.
  it("comes to a thousand machines under EC2's published rates", { timeout: SLOW }, async () => {
    await using substrate = await crashOnEc2({ room: 600, isPaced: true });
    const kill = { point: "adapter.launch:after", nth: 1 };
    expect(await killedBurst(substrate, THOUSAND, kill)).toMatchObject({
      killed: true,
      wrong: null,
    });
    expect(throttles(substrate)).toBe(0);
  });
});

describe("two processes that burst on one account", () => {
  it("see no throttle under the published rates", { timeout: SLOW }, async () => {
    await using substrate = await crashOnEc2({ room: UNBOUNDED, isPaced: true });
    await using scene = await burstScene(substrate);
    const ends = await scene.bursts(["a", "b"], MANY);

    expect(ends.map(({ output }) => output)).toEqual(["ready: 0 failed\n", "ready: 0 failed\n"]);
    expect(await mismatch(scene.slipway, await substrate.machines(), 2 * MANY)).toBeNull();
    expect(throttles(substrate)).toBe(0);
    expect(count(substrate, LAUNCHES)).toBeLessThanOrEqual(2 * MOST_LAUNCHES);
  });
});
