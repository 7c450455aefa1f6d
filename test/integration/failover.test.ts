import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Clock } from "../../src/host/clock.ts";
import type { Slipway } from "../../src/slipway/slipway.ts";
import { systemClock } from "../../src/host/system-clock.ts";
import { faultsOnEc2, faultsOnGce } from "../support/faults/clouds.ts";
import type { CloudOptions } from "../support/faults/clouds.ts";
import { openWithDeath } from "../support/faults/fault-cell.ts";
import { scratchFolder } from "../support/scratch.ts";

/** For how long a full place is tried last, as the product has it. */
const FULL_MILLISECONDS = 5 * 60_000;
const FULL = { outcome: "rejected", reason: "INSUFFICIENT_CAPACITY" };
const ACCEPTED = { outcome: "accepted", reason: null };

/** The time of this machine, and as much more as is asked for. */
function shiftedClock(): Clock & { shift(milliseconds: number): void } {
  let more = 0;
  return {
    now: () => systemClock.now() + more,
    sleep: (milliseconds, signal) => systemClock.sleep(milliseconds, signal),
    shift(milliseconds) {
      more += milliseconds;
    },
  };
}

async function attemptsOf(slipway: Slipway, workspace: string, spawnId: string) {
  const { attempts, machine, state } = await slipway.spawnWorkspace(workspace, { spawnId });
  const tried = attempts.map(({ place, outcome, reason }) => ({ place, outcome, reason }));
  return { tried, place: machine?.place ?? null, state };
}

describe.each([
  ["EC2", faultsOnEc2, ["us-east-1a", "us-east-1b", "us-east-1c"]],
  ["Compute Engine", faultsOnGce, ["us-central1-a", "us-central1-b", "us-central1-c"]],
] as const)("three zones on %s, two of them full", (_cloud, open, [first, second, third]) => {
  it("give one machine in the third, where the next spawn starts until the first is forgotten", async () => {
    using folder = scratchFolder();
    await using cloud = await open({ zones: 3 });
    const clock = shiftedClock();
    await using slipway = await openWithDeath(join(folder.path, "slipway.db"), cloud, { clock });
    const workspace = await cloud.prepare(slipway);
    const ends = [first, second].map((zone) => cloud.inject({ kind: "capacity", zone }));
    expect(await attemptsOf(slipway, workspace, "one")).toEqual({
      state: "running",
      place: third,
      tried: [
        { place: first, ...FULL },
        { place: second, ...FULL },
        { place: third, ...ACCEPTED },
      ],
    });
    expect(await cloud.machines()).toHaveLength(1);
    expect(cloud.launchRequests()).toBe(3);
    const inThird = { state: "running", place: third, tried: [{ place: third, ...ACCEPTED }] };
    expect(await attemptsOf(slipway, workspace, "two")).toEqual(inThird);
    for (const end of ends) end();
    expect(await attemptsOf(slipway, workspace, "three")).toEqual(inThird);
    clock.shift(FULL_MILLISECONDS);
    expect(await attemptsOf(slipway, workspace, "four")).toEqual({
      state: "running",
      place: first,
      tried: [{ place: first, ...ACCEPTED }],
    });
    expect(await cloud.machines()).toHaveLength(4);
  });

  it("are all tried before a spawn fails, and those known to be full last", async () => {
    using folder = scratchFolder();
    await using cloud = await open({ zones: 3 });
    const clock = shiftedClock();
    await using slipway = await openWithDeath(join(folder.path, "slipway.db"), cloud, { clock });
    const workspace = await cloud.prepare(slipway);
    const end = cloud.inject({ kind: "capacity", zone: first });
    await attemptsOf(slipway, workspace, "one");
    end();
    for (const zone of [second, third]) cloud.inject({ kind: "capacity", zone });
    expect((await attemptsOf(slipway, workspace, "two")).tried).toEqual([
      { place: second, ...FULL },
      { place: third, ...FULL },
      { place: first, ...ACCEPTED },
    ]);
    cloud.inject({ kind: "capacity", zone: first });
    expect(await attemptsOf(slipway, workspace, "three")).toMatchObject({
      state: "failed",
      place: null,
      tried: [FULL, FULL, FULL],
    });
    expect(await cloud.machines()).toHaveLength(2);
  });
});

describe("the spot market with no room", () => {
  async function spawnOn(market: NonNullable<CloudOptions["market"]>) {
    using folder = scratchFolder();
    await using cloud = await faultsOnEc2({ zones: 2, market });
    const clock = shiftedClock();
    await using slipway = await openWithDeath(join(folder.path, "slipway.db"), cloud, { clock });
    const workspace = await cloud.prepare(slipway);
    for (const zone of ["us-east-1a", "us-east-1b"])
      cloud.inject({ kind: "capacity", market: "spot", zone });
    const result = await attemptsOf(slipway, workspace, "one");
    return { ...result, machines: await cloud.machines() };
  }

  it("is left for the on-demand one where the placement says so", async () => {
    expect(await spawnOn("SPOT_THEN_ON_DEMAND")).toMatchObject({
      state: "running",
      place: "us-east-1a",
      tried: [
        { place: "us-east-1a", ...FULL },
        { place: "us-east-1b", ...FULL },
        { place: "us-east-1a", ...ACCEPTED },
      ],
      machines: [expect.any(String)],
    });
  });

  it("fails the spawn where it does not", async () => {
    expect(await spawnOn("SPOT")).toMatchObject({
      state: "failed",
      tried: [
        { place: "us-east-1a", ...FULL },
        { place: "us-east-1b", ...FULL },
      ],
      machines: [],
    });
  });
});
