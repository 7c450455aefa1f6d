import { RunInstancesCommand, type RunInstancesCommandInput } from "@aws-sdk/client-ec2";
import { describe, expect, it } from "vitest";
import { type Subject, launchOf, refusal, subject } from "./support.ts";

type Change = (it: Subject) => Partial<Record<keyof RunInstancesCommandInput, unknown>>;

/** Name of the fault in the request, the change that causes it, and code and message of the rejection. */
type Refused = readonly [name: string, change: Change, code: string, message: RegExp];

/** Expects that the launch with this change is rejected and launches nothing. */
async function expectRefusal(
  _name: string,
  change: Change,
  code: string,
  message: RegExp,
): Promise<void> {
  await using it = await subject();
  const input = { ...launchOf(it.region), ...change(it) };
  // Some of these requests violate the types of the SDK, deliberately.
  const refused = await refusal(it.client.send(new RunInstancesCommand(input as never)));
  expect(refused).toMatchObject({ code, status: 400, message: expect.stringMatching(message) });
  expect(it.region.instances()).toEqual([]);
}

function ipv6Only({ region }: Subject): string {
  return region.addSubnet({ zone: "us-east-1a", vpcId: region.vpcId, cidr: null });
}

const REFUSED: readonly Refused[] = [
  ["no image", () => ({ ImageId: undefined }), "MissingParameter", /parameter ImageId/],
  ["no type", () => ({ InstanceType: undefined }), "MissingParameter", /InstanceType/],
  ["no count", () => ({ MinCount: undefined }), "MissingParameter", /MinCount/],
  ["a count of zero", () => ({ MinCount: 0 }), "InvalidParameterValue", /minCount/],
  ["a minimum above the maximum", () => ({ MinCount: 2 }), "InvalidParameterValue", /maxCount/],
  ["a malformed image id", () => ({ ImageId: "ami-xyz" }), "InvalidAMIID.Malformed", /ami-xyz/],
  [
    "a missing image",
    () => ({ ImageId: "ami-00000000000000000" }),
    "InvalidAMIID.NotFound",
    /The image id '\[ami-00000000000000000\]' does not exist/,
  ],
  [
    "an image of another region",
    (it) => ({ ImageId: it.ec2.region("eu-west-1").images.x86_64 }),
    "InvalidAMIID.NotFound",
    /does not exist/,
  ],
  [
    "another account's private image",
    (it) => ({ ImageId: it.region.addImage({ owner: "123456789012" }) }),
    "InvalidAMIID.NotFound",
    /does not exist/,
  ],
  ...(["pending", "failed", "invalid", "disabled"] as const).map(
    (state) =>
      [
        `an image that is ${state}`,
        (it: Subject) => ({ ImageId: it.region.addImage({ state }) }),
        "InvalidAMIID.Unavailable",
        new RegExp(`its state is ${state}`),
      ] as const,
  ),
  [
    "an Arm image on an x86 type",
    (it) => ({ ImageId: it.region.images.arm64 }),
    "InvalidParameterValue",
    /architecture 'x86_64' of the specified instance type does not match the architecture 'arm64'/,
  ],
  ...(["c7gn.medium", "m7gd.medium", "x8g.medium", "mac2.metal"] as const).map(
    (type) =>
      [
        `an x86 image on ${type}`,
        () => ({ InstanceType: type }),
        "InvalidParameterValue",
        /does not match the architecture 'x86_64'/,
      ] as const,
  ),
  [
    "an image without ENA",
    (it) => ({ ImageId: it.region.addImage({ enaSupport: false }) }),
    "InvalidParameterCombination",
    /ENA/,
  ],
  [
    "a paravirtual image",
    (it) => ({ ImageId: it.region.addImage({ virtualizationType: "paravirtual" }) }),
    "InvalidParameterCombination",
    /Non-HVM/,
  ],
  ["an unknown type", () => ({ InstanceType: "t9.huge" }), "InvalidParameterValue", /t9\.huge/],
  [
    "a type that the zone does not offer",
    (it) => {
      it.region.setOffering("t3.micro", ["us-east-1a"]);
      return { SubnetId: it.region.subnets["us-east-1b"] };
    },
    "Unsupported",
    /not supported in your requested Availability Zone \(us-east-1b\).*choosing us-east-1a/,
  ],
  [
    "a type that no zone offers",
    (it) => {
      it.region.setOffering("t3.micro", []);
      return {};
    },
    "Unsupported",
    /not supported/,
  ],
  [
    "a malformed subnet id",
    () => ({ SubnetId: "subnet-1" }),
    "InvalidSubnetID.Malformed",
    /subnet-1/,
  ],
  [
    "a missing subnet",
    () => ({ SubnetId: "subnet-00000000000000000" }),
    "InvalidSubnetID.NotFound",
    /does not exist/,
  ],
  [
    "another account's subnet",
    (it) => ({ SubnetId: it.ec2.region("us-east-1", "123456789012").subnets["us-east-1a"] }),
    "InvalidSubnetID.NotFound",
    /does not exist/,
  ],
  [
    "a subnet of another zone",
    (it) => ({
      SubnetId: it.region.subnets["us-east-1a"],
      Placement: { AvailabilityZone: "us-east-1b" },
    }),
    "InvalidParameterValue",
    /us-east-1a, not in us-east-1b/,
  ],
  [
    "a missing zone",
    () => ({ Placement: { AvailabilityZone: "us-east-1z" } }),
    "InvalidParameterValue",
    /us-east-1z/,
  ],
  [
    "a malformed group id",
    () => ({ SecurityGroupIds: ["sg-1"] }),
    "InvalidGroupId.Malformed",
    /sg-1/,
  ],
  [
    "a missing group",
    () => ({ SecurityGroupIds: ["sg-00000000000000000"] }),
    "InvalidGroup.NotFound",
    /sg-00000000000000000/,
  ],
  [
    "a group of another VPC",
    (it) => ({
      SubnetId: it.region.subnets["us-east-1a"],
      SecurityGroupIds: [it.region.addSecurityGroup({ name: "x", vpcId: it.region.addVpc() })],
    }),
    "InvalidParameter",
    /belong to different networks/,
  ],
  [
    "a group name together with a subnet",
    (it) => ({ SubnetId: it.region.subnets["us-east-1a"], SecurityGroups: ["default"] }),
    "InvalidParameterCombination",
    /groupName/,
  ],
  [
    "an interface together with a subnet",
    (it) => ({
      SubnetId: it.region.subnets["us-east-1a"],
      NetworkInterfaces: [{ DeviceIndex: 0 }],
    }),
    "InvalidParameterCombination",
    /Network interfaces/,
  ],
  [
    "an address outside the subnet",
    (it) => ({ SubnetId: it.region.subnets["us-east-1a"], PrivateIpAddress: "10.9.9.9" }),
    "InvalidParameterValue",
    /10\.9\.9\.9/,
  ],
];

describe("RunInstances", () => {
  it.each(REFUSED)("rejects %s", async (...refused) => expectRefusal(...refused));

  it.each(["c7gn.medium", "m7gd.medium", "x8g.medium"] as const)(
    "launches an Arm image on %s",
    async (InstanceType) => {
      await using it = await subject();
      const reply = await it.client.send(
        new RunInstancesCommand({
          ...launchOf(it.region),
          ImageId: it.region.images.arm64,
          InstanceType,
        }),
      );
      expect(reply.Instances?.[0]?.Architecture).toBe("arm64");
    },
  );
});

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const tagged = (...tags: readonly { Key: string; Value: string }[]) => ({
  TagSpecifications: [{ ResourceType: "instance", Tags: tags }],
});
const root = (ebs: Record<string, unknown>) => ({
  BlockDeviceMappings: [{ DeviceName: "/dev/xvda", Ebs: ebs }],
});

const REFUSED_OPTIONS: readonly Refused[] = [
  [
    "a volume below the snapshot",
    () => root({ VolumeSize: 7 }),
    "InvalidBlockDeviceMapping",
    /smaller than snapshot .*>= 8GB/,
  ],
  ["io2 without a rate", () => root({ VolumeType: "io2" }), "MissingParameter", /iops/],
  [
    "a rate on gp2",
    () => root({ VolumeType: "gp2", Iops: 100 }),
    "InvalidParameterCombination",
    /iops/,
  ],
  [
    "a throughput on gp2",
    () => root({ VolumeType: "gp2", Throughput: 125 }),
    "InvalidParameterCombination",
    /throughput/,
  ],
  ["an unknown volume type", () => root({ VolumeType: "gp9" }), "InvalidParameterValue", /gp9/],
  [
    "a volume that is too large",
    () => root({ VolumeSize: 70_000 }),
    "InvalidBlockDeviceMapping",
    /70000/,
  ],
  // The SDK leaves an empty `Ebs` out.
  ["an empty volume", () => root({}), "MissingParameter", /parameter ebs$/],
  [
    "a data volume without a size",
    () => ({ BlockDeviceMappings: [{ DeviceName: "/dev/sdf", Ebs: { VolumeType: "gp3" } }] }),
    "MissingParameter",
    /parameter size or snapshotId$/,
  ],
  [
    "a Xen type with the metadata's IPv6 endpoint",
    () => ({ InstanceType: "t2.micro", MetadataOptions: { HttpProtocolIpv6: "enabled" } }),
    "UnsupportedOperation",
    /cannot be enabled for Xen-backed instance types/,
  ],
  [
    "a Xen type in an IPv6-only subnet",
    (it) => ({ InstanceType: "t2.micro", SubnetId: ipv6Only(it) }),
    "InvalidParameterCombination",
    /'t2.micro' is not supported in the IPv6-only subnet/,
  ],
  [
    "an IPv4 address in an IPv6-only subnet",
    (it) => ({
      NetworkInterfaces: [
        { DeviceIndex: 0, SubnetId: ipv6Only(it), AssociatePublicIpAddress: true },
      ],
    }),
    "InvalidParameterCombination",
    /IPv4 addresses cannot be assigned/,
  ],
  [
    "no address in an IPv6-only subnet",
    (it) => ({ SubnetId: ipv6Only(it), Ipv6AddressCount: 0 }),
    "InvalidParameterCombination",
    /needs an IPv6 address/,
  ],
  [
    "an IPv6 address in a subnet without an IPv6 block",
    (it) => ({ SubnetId: it.region.subnets["us-east-1a"], Ipv6AddressCount: 1 }),
    "InvalidParameterValue",
    /No IPv6 CIDR block is associated/,
  ],
  [
    "a TPM on a type that has none",
    (it) => ({
      InstanceType: "t2.micro",
      ImageId: it.region.addImage({ bootMode: "uefi-preferred", tpmSupport: "v2.0" }),
    }),
    "InvalidParameterCombination",
    /does not support the TPM version 'v2.0'/,
  ],
  [
    "an image of the instance store",
    (it) => ({ ImageId: it.region.addImage({ rootDeviceType: "instance-store" }) }),
    "InvalidParameterCombination",
    /Instance store-backed AMIs are not supported/,
  ],
  [
    "no root volume",
    () => ({ BlockDeviceMappings: [{ DeviceName: "/dev/xvda", NoDevice: "" }] }),
    "InvalidBlockDeviceMapping",
    /root device/,
  ],
  [
    "user data that is not Base64",
    () => ({ UserData: "%%%" }),
    "InvalidUserData.Malformed",
    /BASE64/,
  ],
  [
    "user data of more than 16 KiB",
    () => ({ UserData: base64("x".repeat(16_385)) }),
    "InvalidParameterValue",
    /16384 bytes/,
  ],
  ["a key pair", () => ({ KeyName: "mine" }), "InvalidKeyPair.NotFound", /mine/],
  [
    "a profile by name and ARN",
    () => ({
      IamInstanceProfile: { Name: "x", Arn: "arn:aws:iam::000000000000:instance-profile/x" },
    }),
    "InvalidParameterCombination",
    /iamInstanceProfile/,
  ],
  [
    "a malformed profile ARN",
    () => ({ IamInstanceProfile: { Arn: "arn:aws:iam::1:role/x" } }),
    "InvalidParameterValue",
    /Invalid IAM Instance Profile ARN/,
  ],
  [
    "a reserved tag",
    () => tagged({ Key: "aws:x", Value: "" }),
    "InvalidParameterValue",
    /reserved/,
  ],
  [
    "a duplicate tag",
    () => tagged({ Key: "a", Value: "1" }, { Key: "a", Value: "2" }),
    "InvalidParameterValue",
    /Duplicate tag key 'a'/,
  ],
  [
    "a long tag key",
    () => tagged({ Key: "k".repeat(129), Value: "" }),
    "InvalidParameterValue",
    /128/,
  ],
  [
    "a long tag value",
    () => tagged({ Key: "k", Value: "v".repeat(257) }),
    "InvalidParameterValue",
    /256/,
  ],
  [
    "51 tags",
    () => tagged(...Array.from({ length: 51 }, (_, index) => ({ Key: `k${index}`, Value: "" }))),
    "TagLimitExceeded",
    /50/,
  ],
  [
    "tags for a resource type that is not launched",
    () => ({ TagSpecifications: [{ ResourceType: "subnet", Tags: [{ Key: "a", Value: "" }] }] }),
    "InvalidParameterValue",
    /'subnet' is not a valid taggable resource type/,
  ],
  ...["a b", "a/b", ".", "..", "_index"].map(
    (Key) =>
      [
        `the tag key '${Key}', which the metadata service cannot serve`,
        () => ({
          ...tagged({ Key, Value: "" }),
          MetadataOptions: { InstanceMetadataTags: "enabled" },
        }),
        "InvalidParameterValue",
        /is not a valid tag key/,
      ] as const,
  ),
  [
    "too many hops",
    () => ({ MetadataOptions: { HttpPutResponseHopLimit: 65 } }),
    "InvalidParameterValue",
    /HttpPutResponseHopLimit/,
  ],
  ["a long client token", () => ({ ClientToken: "x".repeat(65) }), "InvalidParameterValue", /64/],
  [
    "a client token that is not ASCII",
    () => ({ ClientToken: "ü" }),
    "InvalidParameterValue",
    /ASCII/,
  ],
  [
    "a launch template",
    () => ({ LaunchTemplate: { LaunchTemplateName: "x" } }),
    "UnknownParameter",
    /LaunchTemplate/,
  ],
];

describe("RunInstances rejects", () => {
  it.each(REFUSED_OPTIONS)("%s", async (...refused) => expectRefusal(...refused));

  it("nothing in the corrected versions of these requests", async () => {
    await using it = await subject();
    const input = {
      ...launchOf(it.region),
      ...tagged({ Key: "a b/c", Value: "" }),
      ...root({ VolumeSize: 8, VolumeType: "gp3", Iops: 3000, Throughput: 250 }),
      UserData: base64("x".repeat(16_384)),
      ClientToken: "x".repeat(64),
    };
    expect(await refusal(it.client.send(new RunInstancesCommand(input as never)))).toBeNull();
  });
});
