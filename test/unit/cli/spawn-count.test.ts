import { describe, expect, it, vi } from "vitest";
import { SlipwayError } from "../../../src/errors.ts";
import type { Slipway } from "../../../src/slipway/slipway.ts";
import { runInMemory } from "./support/command-line.ts";
import { fakeSlipway, sampleSpawn } from "./support/fake-slipway.ts";
import { failed, refused, spawning } from "./support/spawning.ts";

const interruption = new SlipwayError({
  code: "CANCELLED",
  reason: "INTERRUPTED",
  message: "spawn x-0: interrupted",
});

describe("spawn --count", () => {
  it("spawns that many machines with numbered ids, and prints a list", async () => {
    const { slipway, spawnWorkspace } = spawning();
    const argv = ["spawn", "agent-dev", "--count", "3", "--id", "x", "-o", "json"];
    const ran = await runInMemory(argv, { slipway });
    expect(ran).toMatchObject({ exitCode: 0, stderr: "" });
    expect(JSON.parse(ran.stdout)).toMatchObject([{ state: "running" }, {}, {}]);
    const ids = spawnWorkspace.mock.calls.map(([, options]) => options?.spawnId);
    expect(ids).toEqual(["x-0", "x-1", "x-2"]);
  });

  it("prints failed spawns among the others, and exits with the first failure", async () => {
    const { slipway, spawnWorkspace } = spawning();
    spawnWorkspace.mockResolvedValueOnce(sampleSpawn()).mockResolvedValueOnce(failed);
    const argv = ["spawn", "agent-dev", "--count", "3", "-o", "json"];
    const ran = await runInMemory(argv, { slipway });
    expect(ran.exitCode).toBe(7);
    const states: unknown = JSON.parse(ran.stdout);
    expect(states).toMatchObject([{ state: "running" }, { state: "failed" }, { state: "running" }]);
    expect(JSON.parse(ran.stderr)).toMatchObject({ error: { reason: "ENGINE_UNAVAILABLE" } });
  });

  it("prints nothing if nothing was recorded", async () => {
    const spawnWorkspace = vi.fn<Slipway["spawnWorkspace"]>().mockRejectedValue(refused);
    const slipway = fakeSlipway({ spawnWorkspace });
    const argv = ["spawn", "agent-dev", "--count", "20", "-o", "json"];
    const ran = await runInMemory(argv, { slipway });
    expect(ran).toMatchObject({ exitCode: 3, stdout: "" });
    expect(spawnWorkspace).toHaveBeenCalledTimes(20);
  });

  it("reports a summary instead of each spawn's steps", async () => {
    const { slipway } = spawning();
    const ran = await runInMemory(["spawn", "agent-dev", "--count", "3"], { slipway });
    expect(ran.stderr).toBe(
      "slipway: warning: emulated\n  Rebuild.\n3 spawns: 2 pending, 1 running\n",
    );
  });

  const long = {
    launchMilliseconds: 4_500_000,
    limit: "RunInstances of account 1234 in us-east-1",
    bootMilliseconds: 900_000,
  };

  it("refuses a --timeout that cannot be met, before anything is launched", async () => {
    const { slipway, spawnWorkspace } = spawning();
    const estimateSpawns = vi.fn<Slipway["estimateSpawns"]>().mockResolvedValue(long);
    const argv = ["spawn", "agent-dev", "--count", "10000", "--id", "x", "--timeout", "10m"];
    const ran = await runInMemory(argv, { slipway: { ...slipway, estimateSpawns } });
    expect(ran).toMatchObject({ exitCode: 2, stdout: "" });
    expect(ran.stderr).toBe(
      "slipway: INVALID_ARGUMENT: --timeout of 10 min is too short: launching 10000 machines takes about 75 min, as RunInstances of account 1234 in us-east-1 allows\n" +
        "Omit --timeout, or allow at least 75m and the time that a machine needs to boot. Nothing was launched.\n",
    );
    expect(estimateSpawns.mock.calls[0]?.[0]).toHaveLength(10_000);
    expect(estimateSpawns.mock.calls[0]?.[0][7]).toEqual({
      workspace: "agent-dev",
      spawnId: "x-7",
    });
    expect(spawnWorkspace).not.toHaveBeenCalled();
  });

  it("announces launches that take long, and accepts a --timeout that may be enough", async () => {
    const { slipway } = spawning();
    const estimateSpawns: Slipway["estimateSpawns"] = async () => long;
    const argv = ["spawn", "agent-dev", "--count", "3", "--timeout", "2h"];
    const ran = await runInMemory(argv, { slipway: { ...slipway, estimateSpawns } });
    expect(ran.exitCode).toBe(0);
    expect(ran.stderr).toContain(
      "slipway: launching 3 machines takes about 75 min, as RunInstances of account 1234 in us-east-1 allows\n",
    );
  });

  it("applies the flags to every spawn", async () => {
    const { slipway, spawnWorkspace } = spawning();
    await runInMemory(["spawn", "agent-dev", "--count", "2", "--no-wait", "--quiet"], { slipway });
    expect(spawnWorkspace.mock.calls.map(([, options]) => options?.wait)).toEqual([
      "accepted",
      "accepted",
    ]);
  });

  it("prints how to resume all interrupted spawns", async () => {
    const interrupt = new AbortController();
    const spawnWorkspaces: Slipway["spawnWorkspaces"] = async (wanted) => {
      interrupt.abort();
      return wanted.map((_one, place) => {
        const spawn = sampleSpawn({ spawnId: `x-${place}`, state: "booting" });
        return { spawnId: spawn.spawnId, spawn, error: interruption };
      });
    };
    const slipway = fakeSlipway({ spawnWorkspaces });
    const argv = ["spawn", "agent-dev", "--count", "3", "--id", "x"];
    const ran = await runInMemory(argv, { slipway, interrupt: interrupt.signal });
    expect(ran.exitCode).toBe(130);
    expect(ran.stderr).toContain("3 spawns: 3 booting\n");
    expect(ran.stderr).toMatch(/\nslipway: CANCELLED: spawn x-0: interrupted\n$/u);
    expect(ran.stderr).toContain(
      "interrupted; 3 of 3 spawns are recorded but unfinished. Run `slipway recover`, or repeat this command, to resume all of them\n",
    );
  });

  it("prints the record of an interrupted spawn", async () => {
    const lost = new SlipwayError({
      code: "UNAVAILABLE",
      reason: "SPAWN_UNSETTLED",
      message: "nobody knows",
      metadata: { spawn_id: "one" },
    });
    const spawnWorkspace = vi.fn<Slipway["spawnWorkspace"]>().mockRejectedValue(lost);
    const launching = sampleSpawn({ spawnId: "one", state: "launching" });
    const listSpawns = () => Promise.resolve([launching]);
    const slipway = fakeSlipway({ spawnWorkspace, listSpawns });
    const argv = ["spawn", "agent-dev", "--count", "1", "-o", "json"];
    const ran = await runInMemory(argv, { slipway });
    expect(ran.exitCode).toBe(7);
    expect(JSON.parse(ran.stdout)).toMatchObject([{ spawn_id: "one", state: "launching" }]);
  });

  it.each(["0", "x", "1.5", "10001"])("rejects a count of %s", async (count) => {
    const { slipway } = spawning();
    const ran = await runInMemory(["spawn", "agent-dev", "--count", count], { slipway });
    expect(ran.exitCode).toBe(2);
  });
});
