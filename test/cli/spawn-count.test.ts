import { describe, expect, it } from "vitest";
import { z } from "zod";
import { startEc2 } from "../../testing/ec2/index.ts";
import { ec2Yard, setAll } from "./support/ec2-yard.ts";

const ACCOUNT = "123456789012";
const SLOW = { timeout: 120_000 };
const list = z.array(
  z.object({
    spawn_id: z.string(),
    state: z.string(),
    machine: z.object({ id: z.string() }).nullable(),
    error: z.object({ code: z.string() }).nullable(),
  }),
);

/** The command line on the stand-in with its published rates, and a workspace that two zones have room for. */
async function scene() {
  const ec2 = await startEc2({ timing: { pendingMs: 20, endingMs: 20 } });
  const region = ec2.region("us-east-1", ACCOUNT);
  const zones = ["us-east-1a", "us-east-1b"] as const;
  const subnetIds = zones.map((zone) => region.subnets[zone] ?? "");
  const place = { account: ACCOUNT, subnetIds, groupId: region.securityGroupId };
  const yard = ec2Yard(ec2.url, { ...place, imageId: region.images.x86_64 });
  await setAll(yard, { ...place, imageId: region.images.x86_64 });
  return {
    ec2,
    region,
    zones,
    yard,
    async [Symbol.asyncDispose]() {
      yard[Symbol.dispose]();
      await ec2.close();
    },
  };
}

describe("spawn --count on EC2", () => {
  it("makes 20 machines by a few calls, and shows the same when it is repeated", SLOW, async () => {
    await using here = await scene();
    const { yard, region, ec2 } = here;
    const argv = ["spawn", "agent-dev", "--count", "20", "--id", "x", "-o"];
    const ran = await yard.attempt([...argv, "yaml"]);
    expect([ran.exitCode, ran.stderr]).toEqual([
      0,
      expect.stringMatching(/^(?:20 spawns: .+\n)+/u),
    ]);
    expect(ran.stderr).toContain("20 spawns: 20 running\n");
    const launches = ec2.requests.filter(
      ({ action, isDryRun }) => action === "RunInstances" && !isDryRun,
    );
    expect(launches.length).toBeLessThan(4);
    const again = await yard.attempt([...argv, "json"]);
    expect([again.exitCode, again.stderr]).toEqual([0, ""]);
    const spawns = list.parse(JSON.parse(again.stdout));
    expect(spawns.map(({ spawn_id: id }) => id)).toEqual(
      Array.from({ length: 20 }, (_, place) => `x-${place}`),
    );
    expect(new Set(spawns.map(({ machine }) => machine?.id)).size).toBe(20);
    expect(region.instances()).toHaveLength(20);
  });

  it(
    "prints failed ones among the others, and leaves as the first of them would",
    SLOW,
    async () => {
      await using here = await scene();
      const { yard, region, zones } = here;
      for (const [index, zone] of zones.entries())
        region.setCapacity({ zone, instanceType: "t3.micro" }, 3 + index);
      const ran = await yard.attempt(["spawn", "agent-dev", "--count", "10", "-o", "json"]);
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
    },
  );

  it.each([
    ["more than it makes at once", ["--count", "10001"], "from 1 to 10000"],
    ["ids that get too long", ["--count", "11", "--id", "a".repeat(61)], "must match"],
  ])("refuses %s before anything is asked", async (_what, argv, message) => {
    using yard = ec2Yard("http://127.0.0.1:9", {
      account: ACCOUNT,
      subnetIds: [],
      groupId: "",
      imageId: "",
    });
    const ran = await yard.attempt(["spawn", "agent-dev", ...argv]);
    expect([ran.exitCode, ran.stderr]).toEqual([2, expect.stringContaining(message)]);
  });
});
