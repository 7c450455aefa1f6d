import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { launchRequest } from "../../../../../adapters/aws/launch/launch-request.ts";
import { caughtError } from "../../../../support/caught.ts";
import { candidate, ec2Launch, ec2Plan } from "../../../../support/ec2-launch.ts";
import type { Ec2PlanChange } from "../../../../support/ec2-launch.ts";

const SUBNET = "subnet-0123456789abcdef0";
const GROUP = "sg-0123456789abcdef0";
const NETWORK = {
  images: { x86_64: "ami-0123456789abcdef0", arm64: "ami-0123456789abcdef1" },
  subnets: { "us-east-1a": SUBNET },
  securityGroupId: GROUP,
};
const METADATA = {
  HttpEndpoint: "enabled",
  HttpTokens: "required",
  InstanceMetadataTags: "enabled",
};

function requestOf(change: Ec2PlanChange = {}, count = 1) {
  return launchRequest(ec2Launch(ec2Plan(NETWORK, change), "spawn-1", { count }));
}

describe("launchRequest", () => {
  it("sends nothing that the plan does not set", () => {
    const launch = ec2Launch(ec2Plan(NETWORK));
    const { TagSpecifications: tags, ...request } = launchRequest(launch);
    expect(request).toEqual({
      MinCount: 1,
      MaxCount: 1,
      ClientToken: launch.token,
      ImageId: "ami-0123456789abcdef0",
      InstanceType: "t3.micro",
      SubnetId: SUBNET,
      SecurityGroupIds: [GROUP],
      UserData: Buffer.from("#cloud-config\n{}\n").toString("base64"),
      MetadataOptions: METADATA,
    });
    expect(tags?.map(({ ResourceType }) => ResourceType)).toEqual([
      "instance",
      "volume",
      "network-interface",
    ]);
  });

  it("requests the IPv6 addresses in either form, in place of an IPv6-only subnet's own", () => {
    const ipv6OnlySubnets = [{ subnet: SUBNET, assignsAddresses: false }];
    expect(requestOf({ settings: { ipv6AddressCount: 2, ipv6OnlySubnets } })).toMatchObject({
      Ipv6AddressCount: 2,
    });
    const request = requestOf({ settings: { ipv6AddressCount: 0, assignPublicIp: true } });
    expect(request.NetworkInterfaces).toMatchObject([{ Ipv6AddressCount: 0 }]);
    // EC2 refuses both forms in one request.
    expect(request).not.toHaveProperty("Ipv6AddressCount");
  });

  it("sends every setting of the plan", () => {
    const request = requestOf(
      {
        settings: {
          instanceType: "c7gn.medium",
          rootDeviceName: "/dev/sda1",
          rootVolume: { sizeGb: 40, type: "gp3" },
          instanceProfileArn: "arn:aws:iam::123456789012:instance-profile/agents",
          assignPublicIp: true,
          tags: { team: "red" },
        },
        plan: { candidates: [candidate(SUBNET, { market: "spot" })] },
      },
      7,
    );
    expect(request).toMatchObject({
      MinCount: 1,
      MaxCount: 7,
      InstanceType: "c7gn.medium",
      NetworkInterfaces: [
        {
          DeviceIndex: 0,
          SubnetId: SUBNET,
          Groups: [GROUP],
          AssociatePublicIpAddress: true,
          DeleteOnTermination: true,
        },
      ],
      IamInstanceProfile: { Arn: "arn:aws:iam::123456789012:instance-profile/agents" },
      BlockDeviceMappings: [
        { DeviceName: "/dev/sda1", Ebs: { VolumeSize: 40, VolumeType: "gp3" } },
      ],
      MetadataOptions: METADATA,
      InstanceMarketOptions: {
        MarketType: "spot",
        SpotOptions: { SpotInstanceType: "one-time", InstanceInterruptionBehavior: "terminate" },
      },
    });
    // EC2 refuses both forms in one request.
    expect(request).not.toHaveProperty("SubnetId");
    expect(request).not.toHaveProperty("SecurityGroupIds");
  });

  it("sends only those members of the root volume that the plan sets", () => {
    const mapping = (rootVolume: { sizeGb: number | null; type: string | null }) =>
      requestOf({ settings: { rootVolume } }).BlockDeviceMappings;
    expect(mapping({ sizeGb: 40, type: null })).toEqual([
      { DeviceName: "/dev/xvda", Ebs: { VolumeSize: 40 } },
    ]);
    expect(mapping({ sizeGb: null, type: "io2" })).toEqual([
      { DeviceName: "/dev/xvda", Ebs: { VolumeType: "io2" } },
    ]);
    expect(mapping({ sizeGb: null, type: null })).toBe(undefined);
  });

  it("ends the volumes that the image keeps, each with its size, and leaves the others alone", () => {
    const volume = { type: "gp3", iops: null, throughput: null } as const;
    const kept = { ...volume, deleteOnTermination: true, keptByImage: true };
    const volumes = [
      { ...kept, device: "/dev/xvda", sizeGb: 8 },
      { ...kept, device: "/dev/sdf", sizeGb: 100 },
      { ...kept, device: "/dev/sdg", sizeGb: null },
      { ...kept, device: "/dev/sdh", sizeGb: 5, keptByImage: false },
      { ...kept, device: "/dev/sdi", sizeGb: 5, deleteOnTermination: false },
    ];
    const mappings = (rootVolume: { sizeGb: number | null; type: string | null }) =>
      requestOf({ settings: { volumes, rootVolume } }).BlockDeviceMappings;
    const data = [
      { DeviceName: "/dev/sdf", Ebs: { VolumeSize: 100, DeleteOnTermination: true } },
      { DeviceName: "/dev/sdg", Ebs: { DeleteOnTermination: true } },
    ];
    expect(mappings({ sizeGb: null, type: null })).toEqual([
      { DeviceName: "/dev/xvda", Ebs: { VolumeSize: 8, DeleteOnTermination: true } },
      ...data,
    ]);
    expect(mappings({ sizeGb: 40, type: "io1" })).toEqual([
      {
        DeviceName: "/dev/xvda",
        Ebs: { VolumeSize: 40, VolumeType: "io1", DeleteOnTermination: true },
      },
      ...data,
    ]);
  });

  it("accepts a plan of an older version, which has no volumes and no IPv6-only subnets", () => {
    const plan = ec2Plan(NETWORK);
    const jsonObject = z.record(z.string(), z.json());
    const { instance } = z.object({ instance: jsonObject }).parse(plan.settings);
    const { volumes: _volumes, ipv6OnlySubnets: _subnets, ...older } = instance;
    const launch = ec2Launch({ ...plan, settings: { instance: older } });
    expect(launchRequest(launch)).toEqual(launchRequest(ec2Launch(plan)));
  });

  it("names the zone if the candidate has no subnet, and no groups if there are none", () => {
    const place = { place: "us-east-1c", verdict: "eligible", reason: null } as const;
    for (const assignPublicIp of [false, true]) {
      const request = requestOf({
        settings: { securityGroupIds: [], assignPublicIp },
        plan: { candidates: [place] },
      });
      expect(request.Placement).toEqual({ AvailabilityZone: "us-east-1c" });
      expect(JSON.stringify(request)).not.toMatch(/SubnetId|Groups|SecurityGroupIds/);
    }
  });

  it("buys on demand unless the candidate says spot", () => {
    const plan = { candidates: [candidate(SUBNET, { market: "on-demand" })] };
    expect(requestOf({ plan }).InstanceMarketOptions).toBe(undefined);
  });

  it("sends no user data if there is none, and any text unchanged", () => {
    const withDocument = (userData: string) =>
      launchRequest(ec2Launch(ec2Plan(NETWORK), "one", { userData })).UserData;
    expect(withDocument("")).toBe(undefined);
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: "grapheme" }), (document) => {
        const sent = withDocument(document) ?? "";
        expect(Buffer.from(sent, "base64").toString("utf8")).toBe(document);
      }),
    );
  });

  it("is the same for the same launch, whatever the order of the plan's keys", () => {
    const tags = fc.dictionary(fc.string({ minLength: 1 }), fc.string());
    fc.assert(
      fc.property(tags, (own) => {
        const reversed = Object.fromEntries(Object.entries(own).toReversed());
        const one = requestOf({ settings: { tags: own } });
        const other = requestOf({ settings: { tags: reversed } });
        const untagged = (request: typeof one) => JSON.stringify(tagsOf(request));
        expect(untagged(other)).toBe(untagged(one));
      }),
    );
  });

  it.each([
    ["settings of another substrate", { plan: { settings: { container: {} } } }],
    ["a malformed instance type", { settings: { instanceType: "t3.micro\nX-Header: 1" } }],
    ["a malformed volume type", { settings: { rootVolume: { sizeGb: 1, type: "a b" } } }],
  ] satisfies [string, Ec2PlanChange][])("refuses a plan with %s", async (_what, change) => {
    const error = await caughtError(() => requestOf(change));
    expect(error).toMatchObject({ code: "INVALID_ARGUMENT", reason: "INVALID_PLAN" });
  });
});

/** All tags except the plan's id, which changes with the order of the placement's tags. */
function tagsOf({ TagSpecifications }: ReturnType<typeof launchRequest>) {
  return TagSpecifications?.map(({ Tags }) => Tags?.filter(({ Key }) => Key !== "slipway:plan"));
}
