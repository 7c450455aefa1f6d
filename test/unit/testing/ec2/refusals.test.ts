import { RunInstancesCommand } from "@aws-sdk/client-ec2";
import { describe, expect, it } from "vitest";
import { type Refused, expectRefusal } from "./refusals-support.ts";
import { type Subject, launchOf, subject } from "./support.ts";

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
