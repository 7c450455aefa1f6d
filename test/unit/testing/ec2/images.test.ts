import {
  CreateImageCommand,
  DeregisterImageCommand,
  DescribeImagesCommand,
  RegisterImageCommand,
  RunInstancesCommand,
} from "@aws-sdk/client-ec2";
import { describe, expect, it } from "vitest";
import { type Subject, codeOf, launchOf, refusal, subject } from "./support.ts";

async function ids(it: Subject, input: object = {}): Promise<readonly string[]> {
  const reply = await it.client.send(new DescribeImagesCommand(input));
  return reply.Images?.map(({ ImageId }) => ImageId ?? "") ?? [];
}

const DEVICE = {
  DeviceName: "/dev/sda1",
  Ebs: { SnapshotId: "snap-00000000000000001", VolumeSize: 12 },
};

describe("images", () => {
  it("are initially one per architecture, with different root devices", async () => {
    await using it = await subject();
    const { x86_64, arm64 } = it.region.images;
    const reply = await it.client.send(
      new DescribeImagesCommand({ ImageIds: [x86_64, arm64], Owners: ["amazon"] }),
    );
    const facts = (reply.Images ?? []).map((image) => [
      image.Architecture,
      image.State,
      image.RootDeviceName,
      image.BlockDeviceMappings?.[0]?.Ebs?.VolumeSize,
    ]);
    expect(new Set(facts.map((fact) => fact.join(" ")))).toEqual(
      new Set(["arm64 available /dev/sda1 8", "x86_64 available /dev/xvda 8"]),
    );
    expect(reply.Images?.every(({ Name }) => Name?.startsWith("al2023-ami-2023"))).toBe(true);
  });

  it("belong to one region: those of another are not found, even with the same name", async () => {
    await using it = await subject();
    const there = it.ec2.region("us-west-2").images.x86_64;
    expect(there).not.toBe(it.region.images.x86_64);
    expect(await codeOf(ids(it, { ImageIds: [there] }))).toBe("InvalidAMIID.NotFound");
  });

  it("report their state and its reason", async () => {
    await using it = await subject();
    const stateReason = { code: "Client.InternalError", message: "no snapshot" };
    const id = it.region.addImage({ state: "failed", stateReason });
    const reply = await it.client.send(new DescribeImagesCommand({ ImageIds: [id] }));
    expect(reply.Images).toMatchObject([
      { State: "failed", StateReason: { Code: stateReason.code, Message: stateReason.message } },
    ]);
  });

  it("are visible to their owner, to accounts they are shared with, and to all if public", async () => {
    await using it = await subject();
    const owner = "123456789012";
    const hidden = it.region.addImage({ owner });
    const shared = it.region.addImage({ owner, sharedWith: ["000000000000"] });
    const open = it.region.addImage({ owner, isPublic: true });
    expect(await codeOf(ids(it, { ImageIds: [hidden] }))).toBe("InvalidAMIID.NotFound");
    expect((await ids(it, { Owners: [owner] })).toSorted()).toEqual([shared, open].toSorted());
    expect(await ids(it, { Owners: [owner], ExecutableUsers: ["self"] })).toEqual([shared]);
    expect(await ids(it, { Owners: ["self"] })).toEqual([]);
    const theirs = it.clientFor({ accessKeyId: owner });
    const reply = await theirs.send(new DescribeImagesCommand({ Owners: ["self"] }));
    expect(reply.Images).toHaveLength(3);
  });

  it("that are deprecated are listed on request only, but can be launched", async () => {
    await using it = await subject();
    const deprecatedAt = it.clock.now() + 1000;
    const options = { owner: "123456789012", isPublic: true, name: "old", deprecatedAt };
    const id = it.region.addImage(options);
    const named = { Filters: [{ Name: "name", Values: ["old"] }] };
    expect(await ids(it, named)).toEqual([id]);
    await it.clock.advance(1000);
    expect(await ids(it, named)).toEqual([]);
    expect(await ids(it, { ...named, IncludeDeprecated: true })).toEqual([id]);
    expect(await ids(it, { ImageIds: [id] })).toEqual([id]);
    const launch = new RunInstancesCommand({ ...launchOf(it.region), ImageId: id });
    expect(await refusal(it.client.send(launch))).toBeNull();
  });

  it("are registered with the given architecture, or i386 by default", async () => {
    await using it = await subject();
    const register = async (change: object): Promise<string> => {
      const input = {
        Name: "mine",
        RootDeviceName: "/dev/sda1",
        BlockDeviceMappings: [DEVICE],
        ...change,
      };
      return (await it.client.send(new RegisterImageCommand(input))).ImageId ?? "";
    };
    const id = await register({
      Architecture: "arm64",
      VirtualizationType: "hvm",
      EnaSupport: true,
    });
    const bare = await register({ Name: "bare" });
    const reply = await it.client.send(new DescribeImagesCommand({ ImageIds: [id, bare] }));
    expect(
      Object.fromEntries(reply.Images?.map((image) => [image.Name, image.Architecture]) ?? []),
    ).toEqual({ mine: "arm64", bare: "i386" });
    expect(await codeOf(register({}))).toBe("InvalidAMIName.Duplicate");
    expect(await codeOf(register({ Name: "x!" }))).toBe("InvalidAMIName.Malformed");
    expect(await codeOf(register({ Name: "other", BlockDeviceMappings: [] }))).toBe(
      "InvalidParameterCombination",
    );
  });

  it("can be deregistered by their owner only, and then do not exist", async () => {
    await using it = await subject();
    const id = it.region.addImage();
    const other = it.region.images.x86_64;
    const deregister = (ImageId: string) => it.client.send(new DeregisterImageCommand({ ImageId }));
    expect(await codeOf(deregister(other))).toBe("AuthFailure");
    await deregister(id);
    expect(await codeOf(deregister(id))).toBe("InvalidAMIID.NotFound");
    expect(await codeOf(ids(it, { ImageIds: [id] }))).toBe("InvalidAMIID.NotFound");
  });

  it("can be created from machines, and are pending at first", async () => {
    await using it = await subject();
    const input = { ...launchOf(it.region), ImageId: it.region.images.arm64 };
    const reply = await it.client.send(
      new RunInstancesCommand({ ...input, InstanceType: "t4g.micro" }),
    );
    const InstanceId = reply.Instances?.[0]?.InstanceId ?? "";
    const create = (Name: string) => it.client.send(new CreateImageCommand({ InstanceId, Name }));
    expect(await codeOf(create("baked"))).toBe("IncorrectState");
    await it.clock.advance(500);
    const { ImageId = "" } = await create("baked");
    const state = async () => {
      const found = await it.client.send(new DescribeImagesCommand({ ImageIds: [ImageId] }));
      const [image] = found.Images ?? [];
      return [image?.State, image?.Architecture, image?.SourceInstanceId, image?.RootDeviceName];
    };
    expect(await state()).toEqual(["pending", "arm64", InstanceId, "/dev/sda1"]);
    await it.clock.advance(1000);
    expect(await state()).toEqual(["available", "arm64", InstanceId, "/dev/sda1"]);
    expect(await codeOf(create("baked"))).toBe("InvalidAMIName.Duplicate");
  });
});
