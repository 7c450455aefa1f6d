import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  DescribeInstancesCommand,
  RunInstancesCommand,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import { describe, expect, it } from "vitest";
import { scratchFolder } from "../../../support/scratch.ts";
import { type Subject, codeOf, launchOf, refusal, subject } from "./support.ts";

const HOUR = 3_600_000;

async function run(it: Subject, change: object = {}): Promise<readonly string[]> {
  const input = { ...launchOf(it.region), ClientToken: "token", ...change };
  const reply = await it.client.send(new RunInstancesCommand(input));
  return (reply.Instances ?? [])
    .toSorted((one, other) => (one.AmiLaunchIndex ?? 0) - (other.AmiLaunchIndex ?? 0))
    .map(({ InstanceId }) => InstanceId ?? "");
}

describe("a client token", () => {
  it("returns the same machines again, with the same launch indexes", async () => {
    await using it = await subject();
    const first = await run(it, { MinCount: 3, MaxCount: 3 });
    expect(await run(it, { MinCount: 3, MaxCount: 3 })).toEqual(first);
    expect(it.region.instances()).toHaveLength(3);
  });

  it("returns their current state", async () => {
    await using it = await subject();
    await run(it);
    await it.clock.advance(1000);
    const reply = await it.client.send(
      new RunInstancesCommand({ ...launchOf(it.region), ClientToken: "token" }),
    );
    expect(reply.Instances?.[0]?.State?.Name).toBe("running");
  });

  it("returns them even if the image is gone and the zone is full", async () => {
    await using it = await subject();
    const image = it.region.addImage();
    const first = await run(it, { ImageId: image });
    it.region.changeImage(image, { state: "deregistered" });
    for (const zone of it.region.zones)
      it.region.setCapacity({ instanceType: "t3.micro", zone }, 0);
    expect(await run(it, { ImageId: image })).toEqual(first);
  });

  it.each([
    ["type", { InstanceType: "t3.small" }],
    ["count", { MaxCount: 2 }],
    ["user data", { UserData: "eA==" }],
    [
      "tags",
      { TagSpecifications: [{ ResourceType: "instance", Tags: [{ Key: "a", Value: "b" }] }] },
    ],
    ["market", { InstanceMarketOptions: { MarketType: "spot" } }],
  ])("rejects another %s", async (_name, change) => {
    await using it = await subject();
    await run(it);
    expect(await refusal(run(it, change))).toMatchObject({
      code: "IdempotentParameterMismatch",
      status: 400,
    });
    expect(it.region.instances()).toHaveLength(1);
  });

  it("is scoped to the zone if the request names a zone or a subnet", async () => {
    await using it = await subject();
    const { subnets } = it.region;
    const [first] = await run(it, { SubnetId: subnets["us-east-1a"] });
    const [second] = await run(it, { SubnetId: subnets["us-east-1b"] });
    const [third] = await run(it, { Placement: { AvailabilityZone: "us-east-1c" } });
    expect(new Set([first, second, third]).size).toBe(3);
    expect(await run(it, { SubnetId: subnets["us-east-1a"] })).toEqual([first]);
  });

  it("is scoped to its region and its account", async () => {
    await using it = await subject();
    await run(it);
    const europe = it.ec2.region("eu-west-1");
    const other = it.ec2.region("us-east-1", "123456789012");
    for (const [region, client] of [
      [europe, it.clientFor({ region: "eu-west-1" })],
      [other, it.clientFor({ accessKeyId: "123456789012" })],
    ] as const) {
      await client.send(new RunInstancesCommand({ ...launchOf(region), ClientToken: "token" }));
      expect(region.instances()).toHaveLength(1);
    }
  });

  it("is not used up by a dry run or by a failed launch", async () => {
    await using it = await subject();
    expect(await codeOf(run(it, { DryRun: true, MaxCount: 2 }))).toBe("DryRunOperation");
    const pool = { instanceType: "t3.micro", zone: "us-east-1a" };
    it.region.setCapacity(pool, 0);
    const there = { Placement: { AvailabilityZone: "us-east-1a" } };
    expect(await codeOf(run(it, there))).toBe("InsufficientInstanceCapacity");
    it.region.setCapacity(pool, null);
    expect(await run(it, { ...there, InstanceType: "t3.micro" })).toHaveLength(1);
  });

  it("is rejected for a day after the machines were terminated", async () => {
    await using it = await subject();
    const ids = await run(it);
    await it.client.send(new TerminateInstancesCommand({ InstanceIds: [...ids] }));
    expect(await codeOf(run(it))).toBe("IdempotentInstanceTerminated");
    await it.clock.advance(2 * HOUR);
    expect(await codeOf(run(it))).toBe("IdempotentInstanceTerminated");
    await it.clock.advance(21.7 * HOUR);
    expect(await codeOf(run(it))).toBe("IdempotentInstanceTerminated");
    await it.clock.advance(0.4 * HOUR);
    expect(await run(it)).not.toEqual(ids);
  });

  it("is pruned with its machines, their disks and addresses a day after their end", async () => {
    using folder = scratchFolder();
    const stateFile = join(folder.path, "state.json");
    await using it = await subject({ stateFile });
    const ids = await run(it);
    await it.client.send(new TerminateInstancesCommand({ InstanceIds: [...ids] }));
    await it.clock.advance(25 * HOUR);
    const [id = ""] = await run(it, { ClientToken: "another" });
    const kept = readFileSync(stateFile, "utf8");
    expect(kept).toContain(id);
    expect(kept).not.toContain(ids[0]);
    expect(kept).toContain('"token":"another"');
    expect(kept.match(/"token":/g)).toHaveLength(1);
    const { Reservations } = await it.client.send(new DescribeInstancesCommand({}));
    expect(Reservations?.flatMap(({ Instances = [] }) => Instances)).toMatchObject([
      { InstanceId: id, NetworkInterfaces: [{}] },
    ]);
  });

  it("returns the terminated machine if the fake is configured to do so", async () => {
    await using it = await subject({ tokenAfterTermination: "return-instances" });
    const ids = await run(it);
    await it.client.send(new TerminateInstancesCommand({ InstanceIds: [...ids] }));
    expect(await run(it)).toEqual(ids);
    expect(it.region.instances()).toHaveLength(1);
  });
});
