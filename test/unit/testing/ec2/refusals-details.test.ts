import { RunInstancesCommand } from "@aws-sdk/client-ec2";
import { describe, expect, it } from "vitest";
import { type Refused, expectRefusal } from "./refusals-support.ts";
import { launchOf, refusal, subject } from "./support.ts";

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const tagged = (...tags: readonly { Key: string; Value: string }[]) => ({
  TagSpecifications: [{ ResourceType: "instance", Tags: tags }],
});
const root = (ebs: Record<string, unknown>) => ({
  BlockDeviceMappings: [{ DeviceName: "/dev/xvda", Ebs: ebs }],
});

const REFUSED: readonly Refused[] = [
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
  [
    "a data volume without a size",
    () => ({ BlockDeviceMappings: [{ DeviceName: "/dev/sdf", Ebs: {} }] }),
    "InvalidBlockDeviceMapping",
    /neither/,
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
  it.each(REFUSED)("%s", async (...refused) => expectRefusal(...refused));

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
