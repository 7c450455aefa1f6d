import {
  DescribeAvailabilityZonesCommand,
  DescribeInstanceTypeOfferingsCommand,
  DescribeInstanceTypesCommand,
  DescribeRegionsCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeVpcsCommand,
  RunInstancesCommand,
} from "@aws-sdk/client-ec2";
import { describe, expect, it } from "vitest";
import { codeOf, launchOf, refusal, subject } from "./support.ts";

const filter = (Name: string, ...Values: string[]) => ({ Filters: [{ Name, Values }] });

describe("types", () => {
  it("report architecture, processors and memory, even if the name suggests otherwise", async () => {
    await using it = await subject();
    const names = ["c7gn.large", "m7gd.large", "x8g.large", "mac2.metal", "m7i.large"] as const;
    const reply = await it.client.send(
      new DescribeInstanceTypesCommand({ InstanceTypes: [...names] }),
    );
    const facts = reply.InstanceTypes?.map((type) => [
      type.InstanceType,
      type.ProcessorInfo?.SupportedArchitectures,
      type.VCpuInfo?.DefaultVCpus,
      type.MemoryInfo?.SizeInMiB,
    ]);
    expect(facts).toEqual([
      ["c7gn.large", ["arm64"], 2, 4096],
      ["m7gd.large", ["arm64"], 2, 8192],
      ["m7i.large", ["x86_64"], 2, 8192],
      ["mac2.metal", ["arm64_mac"], 8, 16_384],
      ["x8g.large", ["arm64"], 2, 32_768],
    ]);
  });

  it("that do not exist, or not in the region, are rejected by name", async () => {
    await using it = await subject({
      instanceTypes: [{ name: "z9.new", architectures: ["arm64"], vcpus: 3, memoryMib: 5 }],
    });
    const ask = (name: string) =>
      it.client.send(new DescribeInstanceTypesCommand({ InstanceTypes: [name as never] }));
    expect(await refusal(ask("t9.huge"))).toMatchObject({
      code: "InvalidInstanceType",
      message: "The following supplied instance types do not exist: [t9.huge]",
    });
    expect((await ask("z9.new")).InstanceTypes?.[0]?.VCpuInfo?.DefaultVCpus).toBe(3);
    it.region.setOffering("z9.new", []);
    expect(await codeOf(ask("z9.new"))).toBe("InvalidInstanceType");
  });

  it("are offered by region and by zone", async () => {
    await using it = await subject();
    it.region.setOffering("t3.micro", ["us-east-1b", "us-east-1d"]);
    const offered = async (LocationType?: "availability-zone" | "availability-zone-id") => {
      const input = {
        ...(LocationType === undefined ? {} : { LocationType }),
        ...filter("instance-type", "t3.micro"),
      };
      const reply = await it.client.send(new DescribeInstanceTypeOfferingsCommand(input));
      return reply.InstanceTypeOfferings?.map(({ Location }) => Location);
    };
    expect(await offered()).toEqual(["us-east-1"]);
    expect(await offered("availability-zone")).toEqual(["us-east-1b", "us-east-1d"]);
    expect(await offered("availability-zone-id")).toEqual(["use1-az1", "use1-az4"]);
  });
});

describe("places and networks", () => {
  it("exist from the start in every region", async () => {
    await using it = await subject();
    for (const [name, zones] of [
      ["us-east-1", 6],
      ["us-west-2", 4],
      ["eu-west-1", 3],
    ] as const) {
      const client = it.clientFor({ region: name });
      const here = await client.send(new DescribeAvailabilityZonesCommand({}));
      expect(here.AvailabilityZones?.map(({ ZoneName }) => ZoneName)).toEqual(
        it.ec2.region(name).zones,
      );
      const vpcs = await client.send(new DescribeVpcsCommand(filter("is-default", "true")));
      const subnets = await client.send(new DescribeSubnetsCommand({}));
      expect(vpcs.Vpcs).toMatchObject([{ VpcId: it.ec2.region(name).vpcId, IsDefault: true }]);
      expect(subnets.Subnets).toHaveLength(zones);
      expect(new Set(subnets.Subnets?.map(({ AvailabilityZone }) => AvailabilityZone)).size).toBe(
        zones,
      );
      expect(subnets.Subnets?.every(({ VpcId }) => VpcId === vpcs.Vpcs?.[0]?.VpcId)).toBe(true);
      const groups = await client.send(new DescribeSecurityGroupsCommand({}));
      expect(groups.SecurityGroups).toMatchObject([{ GroupName: "default" }]);
    }
    const regions = await it.client.send(new DescribeRegionsCommand({}));
    expect(regions.Regions?.map(({ RegionName }) => RegionName)).toEqual([
      "us-east-1",
      "us-west-2",
      "eu-west-1",
    ]);
  });

  it("count the free addresses", async () => {
    await using it = await subject();
    const SubnetId = it.region.subnets["us-east-1a"] ?? "";
    const free = async (): Promise<number | undefined> => {
      const reply = await it.client.send(new DescribeSubnetsCommand({ SubnetIds: [SubnetId] }));
      return reply.Subnets?.[0]?.AvailableIpAddressCount;
    };
    expect(await free()).toBe(4091);
    const three = { ...launchOf(it.region), SubnetId, MinCount: 3, MaxCount: 3 };
    await it.client.send(new RunInstancesCommand(three));
    expect(await free()).toBe(4088);
  });

  it("have specific error codes for missing resources", async () => {
    await using it = await subject();
    const { client } = it;
    const none = "00000000000000000";
    for (const [sent, code] of [
      [
        client.send(new DescribeSubnetsCommand({ SubnetIds: [`subnet-${none}`] })),
        "InvalidSubnetID.NotFound",
      ],
      [client.send(new DescribeVpcsCommand({ VpcIds: [`vpc-${none}`] })), "InvalidVpcID.NotFound"],
      [
        client.send(new DescribeSecurityGroupsCommand({ GroupIds: [`sg-${none}`] })),
        "InvalidGroup.NotFound",
      ],
      [
        client.send(new DescribeSecurityGroupsCommand({ GroupIds: ["sg-x"] })),
        "InvalidGroupId.Malformed",
      ],
      [
        client.send(new DescribeAvailabilityZonesCommand({ ZoneNames: ["x"] })),
        "InvalidParameterValue",
      ],
      [client.send(new DescribeRegionsCommand({ RegionNames: ["x"] })), "InvalidParameterValue"],
    ] as const)
      expect(await codeOf(sent)).toBe(code);
  });
});
