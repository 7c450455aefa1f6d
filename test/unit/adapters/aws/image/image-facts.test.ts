import type { Image } from "@aws-sdk/client-ec2";
import { describe, expect, it } from "vitest";
import { imageChecks } from "../../../../../adapters/aws/image/image-checks.ts";
import { imageFactsOf, rootVolume } from "../../../../../adapters/aws/image/image-facts.ts";
import { volumeChecks } from "../../../../../adapters/aws/preflight/volume-checks.ts";

const EBS = { SnapshotId: "snap-1", VolumeSize: 8, VolumeType: "gp3" } as const;

function factsOf(image: Image) {
  return imageFactsOf({ ImageId: "ami-1", Architecture: "x86_64", ...image });
}

function mapping(...devices: readonly string[]): NonNullable<Image["BlockDeviceMappings"]> {
  return devices.map((DeviceName) => ({ DeviceName, Ebs: EBS }));
}

describe("the root device of an image", () => {
  it.each<readonly [string, Image, string | null]>([
    [
      "has the root device's name",
      { RootDeviceName: "/dev/sda1", BlockDeviceMappings: mapping("/dev/sdb", "/dev/sda1") },
      "/dev/sda1",
    ],
    [
      "is the first volume if the mapping lacks the name",
      { RootDeviceName: "/dev/sda1", BlockDeviceMappings: mapping("/dev/sda", "/dev/sdb") },
      "/dev/sda",
    ],
    [
      "is the first volume, not an instance store volume before it",
      {
        RootDeviceName: "/dev/sda1",
        BlockDeviceMappings: [
          { DeviceName: "/dev/sdb", VirtualName: "ephemeral0" },
          { DeviceName: "/dev/sdc", NoDevice: "" },
          ...mapping("/dev/xvda"),
        ],
      },
      "/dev/xvda",
    ],
    [
      "is the first volume if the image names none",
      { BlockDeviceMappings: mapping("/dev/xvda") },
      "/dev/xvda",
    ],
    ["has its name without a mapping", { RootDeviceName: "/dev/sda1" }, "/dev/sda1"],
    ["is unknown without both", {}, null],
  ])("%s", (_what, image, expected) => {
    expect(factsOf(image).rootDeviceName).toBe(expected);
  });

  it.each(["ebs", "standard", undefined])("is a volume if its type is %s", (type) => {
    // EC2 has only the types that the SDK lists; LocalStack and moto have others.
    const image: Image = { RootDeviceName: "/dev/xvda", BlockDeviceMappings: mapping("/dev/xvda") };
    const typed = type === undefined ? image : Object.assign(image, { RootDeviceType: type });
    expect(factsOf(typed)).toMatchObject({ isInstanceStore: false, rootDeviceName: "/dev/xvda" });
  });

  it("is none of the volumes of an instance store image", () => {
    const image = factsOf({
      RootDeviceType: "instance-store",
      BlockDeviceMappings: mapping("/dev/sdf"),
    });
    expect(image).toMatchObject({ isInstanceStore: true, rootDeviceName: null });
    expect(rootVolume(image)).toBe(null);
  });
});

describe("the volumes of an image", () => {
  it("are those that EC2 creates, with what EC2 states of them", () => {
    const { volumes } = factsOf({
      BlockDeviceMappings: [
        { DeviceName: "/dev/xvda", Ebs: { ...EBS, Iops: 4000, Throughput: 300 } },
        { DeviceName: "/dev/sdb", VirtualName: "ephemeral0" },
        { DeviceName: "/dev/sdf", Ebs: { DeleteOnTermination: false } },
      ],
    });
    expect(volumes).toEqual([
      {
        device: "/dev/xvda",
        snapshotId: "snap-1",
        sizeGb: 8,
        type: "gp3",
        iops: 4000,
        throughput: 300,
        deleteOnTermination: true,
      },
      {
        device: "/dev/sdf",
        snapshotId: null,
        sizeGb: null,
        type: null,
        iops: null,
        throughput: null,
        deleteOnTermination: false,
      },
    ]);
  });
});

describe("the platform check", () => {
  const outcomeOf = (image: Image) => {
    const facts = factsOf(image);
    const input = { name: "base", region: "us-east-1", image, facts, now: 0 };
    return imageChecks(input).find(({ name }) => name === "image.platform");
  };

  it.each([
    { DeviceName: "/dev/sdb", Ebs: { SnapshotId: "snap-2" } },
    { DeviceName: "/dev/sdb", Ebs: { VolumeSize: 100 } },
    { DeviceName: "/dev/sdb", VirtualName: "ephemeral0" },
    { DeviceName: "/dev/sdb", NoDevice: "" },
  ])("accepts the mapping %j", (device) => {
    const BlockDeviceMappings = [...mapping("/dev/xvda"), device];
    expect(outcomeOf({ BlockDeviceMappings })?.outcome).toBe("passed");
  });

  it("refuses a volume with neither a snapshot nor a size, as EC2 does at the launch", () => {
    const empty = { DeviceName: "/dev/sdb", Ebs: { DeleteOnTermination: false } };
    expect(outcomeOf({ BlockDeviceMappings: [...mapping("/dev/xvda"), empty] })).toMatchObject({
      outcome: "failed",
      reason: "IMAGE_UNSUPPORTED",
      message:
        "image base: ami-1 maps /dev/sdb to a volume that has neither a snapshot nor a size, so that EC2 launches no machine from it",
    });
  });

  it("does not know the state `archived`, and does not say that it is being created", () => {
    // The SDK's types have only the states of today.
    const image: Image = Object.defineProperty({}, "State", { value: "archived" });
    const input = { name: "base", region: "us-east-1", image, facts: factsOf(image), now: 0 };
    expect(imageChecks(input).find(({ name }) => name === "image.state")).toMatchObject({
      outcome: "failed",
      message:
        "image base: ami-1 in us-east-1 is archived: EC2 launches an AMI only while it is available",
    });
  });
});

describe("an image whose root device is not known", () => {
  const image = factsOf({});
  const check = (diskSizeGb: number, diskType: string | null) =>
    volumeChecks({
      shape: { diskSizeGb, diskType },
      target: {},
      image,
      volumeTypes: ["gp3"],
      machineTypes: [],
    }).flatMap(({ name, outcome }) => (outcome === "failed" ? [name] : []));

  it("keeps its own size and type", () => {
    expect(check(0, null)).toEqual([]);
  });

  it("cannot have another one, which would be a second volume", () => {
    expect(check(20, null)).toEqual(["volume.size"]);
    expect(check(0, "gp3")).toEqual(["volume.type"]);
  });
});
