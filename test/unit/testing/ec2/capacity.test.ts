import {
  RunInstancesCommand,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import { describe, expect, it } from "vitest";
import { type Subject, codeOf, launchOf, refusal, subject } from "./support.ts";

const POOL = { instanceType: "t3.micro", zone: "us-east-1a" } as const;
const THERE = { Placement: { AvailabilityZone: "us-east-1a" } } as const;

async function run(it: Subject, change: object = THERE): Promise<string[]> {
  const reply = await it.client.send(
    new RunInstancesCommand({ ...launchOf(it.region), ...change }),
  );
  return reply.Instances?.map(({ InstanceId }) => InstanceId ?? "") ?? [];
}

describe("a capacity pool", () => {
  it("rejects a launch that does not fit with HTTP 500, and names zones with capacity", async () => {
    await using it = await subject();
    it.region.setCapacity(POOL, 1);
    const [id] = await run(it);
    expect(await refusal(run(it))).toMatchObject({
      code: "InsufficientInstanceCapacity",
      status: 500,
      message: expect.stringMatching(/t3\.micro .*\(us-east-1a\).*choosing us-east-1b/),
    });
    await it.client.send(new TerminateInstancesCommand({ InstanceIds: [id ?? ""] }));
    expect(await run(it)).toHaveLength(1);
  });

  it("launches as many as fit between the two counts, and none below the minimum", async () => {
    await using it = await subject();
    it.region.setCapacity(POOL, 3);
    expect(await codeOf(run(it, { ...THERE, MinCount: 4, MaxCount: 5 }))).toBe(
      "InsufficientInstanceCapacity",
    );
    expect(await run(it, { ...THERE, MinCount: 1, MaxCount: 5 })).toHaveLength(3);
    expect(it.region.instances().map(({ launchIndex }) => launchIndex)).toEqual([0, 1, 2]);
  });

  it("applies to one type, one zone and one market", async () => {
    await using it = await subject();
    it.region.setCapacity(POOL, 0);
    for (const change of [
      { ...THERE, InstanceType: "t3.small" },
      { Placement: { AvailabilityZone: "us-east-1b" } },
      { ...THERE, InstanceMarketOptions: { MarketType: "spot" } },
    ])
      expect(await run(it, change)).toHaveLength(1);
    it.region.setCapacity({ ...POOL, market: "spot" }, 0);
    expect(await codeOf(run(it, { ...THERE, InstanceMarketOptions: { MarketType: "spot" } }))).toBe(
      "InsufficientInstanceCapacity",
    );
  });

  it("places a launch without a zone where there is capacity", async () => {
    await using it = await subject();
    for (const zone of it.region.zones)
      it.region.setCapacity({ instanceType: "t3.micro", zone }, zone.endsWith("d") ? 2 : 0);
    await run(it, { MinCount: 2, MaxCount: 2 });
    expect(it.region.instances().map(({ zone }) => zone)).toEqual(["us-east-1d", "us-east-1d"]);
    expect(await codeOf(run(it, {}))).toBe("InsufficientInstanceCapacity");
  });

  it("is released by stopping, and needed again for starting", async () => {
    await using it = await subject();
    it.region.setCapacity(POOL, 1);
    const InstanceIds = await run(it);
    await it.clock.advance(1000);
    await it.client.send(new StopInstancesCommand({ InstanceIds }));
    await it.clock.advance(1000);
    await run(it);
    expect(await codeOf(it.client.send(new StartInstancesCommand({ InstanceIds })))).toBe(
      "InsufficientInstanceCapacity",
    );
  });
});

describe("a quota", () => {
  it("counts vCPUs of a group of types, over all zones", async () => {
    await using it = await subject();
    it.region.setQuota(6);
    await run(it, { MinCount: 2, MaxCount: 2 });
    expect(await refusal(run(it, { InstanceType: "m7i.xlarge" }))).toMatchObject({
      code: "VcpuLimitExceeded",
      status: 400,
      message: expect.stringContaining("current vCPU limit of 6"),
    });
    expect(
      await run(it, { InstanceType: "x8g.xlarge", ImageId: it.region.images.arm64 }),
    ).toHaveLength(1);
    expect(await run(it, { InstanceType: "m7i.large" })).toHaveLength(1);
    expect(await codeOf(run(it, {}))).toBe("VcpuLimitExceeded");
  });

  it("applies to one account and one market", async () => {
    await using it = await subject();
    it.region.setQuota(0);
    it.region.setQuota(0, { market: "spot" });
    expect(await codeOf(run(it))).toBe("VcpuLimitExceeded");
    expect(await codeOf(run(it, { InstanceMarketOptions: { MarketType: "spot" } }))).toBe(
      "MaxSpotInstanceCountExceeded",
    );
    const other = it.ec2.region("us-east-1", "123456789012");
    const client = it.clientFor({ accessKeyId: "123456789012" });
    await client.send(new RunInstancesCommand(launchOf(other)));
    expect(other.instances()).toHaveLength(1);
  });
});

describe("a subnet", () => {
  it("is full when all its addresses are assigned", async () => {
    await using it = await subject();
    // A /28 has 16 addresses, five of which EC2 reserves.
    const SubnetId = it.region.addSubnet({ zone: "us-east-1a", cidr: "10.0.0.0/28" });
    const InstanceIds = await run(it, { SubnetId, MinCount: 10, MaxCount: 20 });
    expect(InstanceIds).toHaveLength(11);
    expect(new Set(it.region.instances().map(({ privateIp }) => privateIp)).size).toBe(11);
    expect(await refusal(run(it, { SubnetId }))).toMatchObject({
      code: "InsufficientFreeAddressesInSubnet",
      status: 400,
    });
    await it.clock.advance(1000);
    await it.client.send(new TerminateInstancesCommand({ InstanceIds }));
    await it.clock.advance(1000);
    expect(await run(it, { SubnetId })).toHaveLength(1);
  });
});
