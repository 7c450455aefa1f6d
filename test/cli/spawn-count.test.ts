import { describe, expect, it } from "vitest";
import { z } from "zod";
import { ec2Cli, ec2Scene, FAKE_ACCOUNT as ACCOUNT } from "./support/ec2-cli.ts";

const SLOW = { timeout: 120_000 };
const list = z.array(
  z.object({
    spawn_id: z.string(),
    state: z.string(),
    machine: z.object({ id: z.string() }).nullable(),
    error: z.looseObject({ code: z.string() }).nullable(),
  }),
);

/** The command line on the EC2 fake with the published rates, and a workspace with these zones. */
async function scene(zones: readonly string[] = ["us-east-1a", "us-east-1b"]) {
  return { zones, ...(await ec2Scene({ zones, rates: "published" })) };
}

describe("spawn --count on EC2", () => {
  it(
    "launches 20 machines with a few calls, and prints the same when it is repeated",
    SLOW,
    async () => {
      await using here = await scene();
      const { cli, region, ec2 } = here;
      const argv = ["spawn", "agent-dev", "--count", "20", "--id", "x", "-o"];
      const ran = await cli.attempt([...argv, "yaml"]);
      expect([ran.exitCode, ran.stderr]).toEqual([
        0,
        expect.stringMatching(
          /^(?:resolving the workspace\n)?slipway: warning: .+ a public address, .+\n {2}.+\n(?:20 spawns: .+\n)+$/u,
        ),
      ]);
      expect(ran.stderr).toContain("20 spawns: 20 running\n");
      const launches = ec2.requests.filter(
        ({ action, isDryRun }) => action === "RunInstances" && !isDryRun,
      );
      expect(launches.length).toBeLessThan(4);
      const again = await cli.attempt([...argv, "json"]);
      expect([again.exitCode, again.stderr]).toEqual([0, ""]);
      const spawns = list.parse(JSON.parse(again.stdout));
      expect(spawns.map(({ spawn_id: id }) => id)).toEqual(
        Array.from({ length: 20 }, (_, place) => `x-${place}`),
      );
      expect(new Set(spawns.map(({ machine }) => machine?.id)).size).toBe(20);
      expect(region.instances()).toHaveLength(20);
    },
  );

  it("prints failed spawns among the others, and exits with the first failure", SLOW, async () => {
    await using here = await scene();
    const { cli, region, zones } = here;
    for (const [index, zone] of zones.entries())
      region.setCapacity({ zone, instanceType: "t3.micro" }, 3 + index);
    const ran = await cli.attempt(["spawn", "agent-dev", "--count", "10", "-o", "json"]);
    const spawns = list.parse(JSON.parse(ran.stdout));
    const states = spawns.map(({ state }) => state);
    expect(states.filter((state) => state === "running")).toHaveLength(7);
    expect(states.filter((state) => state === "failed")).toHaveLength(3);
    expect(region.instances()).toHaveLength(7);
    expect(ran.exitCode).toBe(6);
    const first = spawns.find(({ state }) => state === "failed");
    expect(JSON.parse(ran.stderr)).toMatchObject({
      error: { code: first?.error?.code, metadata: { spawn_id: first?.spawn_id } },
    });
  });

  it(
    "launches as many machines as a quota allows, and prints EC2's words for the others",
    SLOW,
    async () => {
      await using here = await scene(["us-east-1a"]);
      const { cli, region } = here;
      // A t3.micro has two vCPUs.
      region.setQuota(10);
      const ran = await cli.attempt(["spawn", "agent-dev", "--count", "8", "-o", "json"]);
      const spawns = list.parse(JSON.parse(ran.stdout));
      expect(spawns.map(({ state }) => state).toSorted()).toEqual([
        ...Array(3).fill("failed"),
        ...Array(5).fill("running"),
      ]);
      for (const { error } of spawns.filter(({ state }) => state === "failed"))
        expect(error).toMatchObject({
          reason: "QUOTA_EXCEEDED",
          message: expect.stringContaining("your current vCPU limit of 10 allows"),
        });
    },
  );

  // The refused spawns launch again together, or in several launches if some of them are slower: then the halves may end
  // below the quota of five, but more than half of it is always used.
  it.each([
    ["place on-demand machines instead", "SPOT_THEN_ON_DEMAND", { spot: [0], "on-demand": [20] }],
    [
      "halves a launch that a spot quota refuses as a whole",
      "SPOT",
      { spot: [3, 4, 5], "on-demand": [0] },
    ],
  ])("%s", SLOW, async (_what, market, running) => {
    await using here = await scene();
    const { cli, ec2, region } = here;
    await cli.run(["patch", "placement", "ec2", "--set", `target.aws.market=${market}`]);
    region.setQuota(10, { market: "spot" });
    const argv = ["spawn", "agent-dev", "--count", "20", "-o", "json"];
    list.parse(JSON.parse((await cli.attempt(argv)).stdout));
    const machines = Object.groupBy(region.instances(), (one) => one.market);
    expect(running.spot).toContain(machines.spot?.length ?? 0);
    expect(running["on-demand"]).toContain(machines["on-demand"]?.length ?? 0);
    expect(ec2.requests.filter(({ action }) => action === "RunInstances").length).toBeLessThan(12);
  });

  it.each([
    ["a count above the maximum", ["--count", "10001"], "from 1 to 10000"],
    ["ids that would be too long", ["--count", "11", "--id", "a".repeat(61)], "must match"],
  ])("rejects %s before any request is made", async (_what, argv, message) => {
    using cli = ec2Cli("http://127.0.0.1:9", {
      account: ACCOUNT,
      subnetIds: [],
      groupId: "",
      imageId: "",
    });
    const ran = await cli.attempt(["spawn", "agent-dev", ...argv]);
    expect([ran.exitCode, ran.stderr]).toEqual([2, expect.stringContaining(message)]);
  });
});
