import {
  DescribeInstancesCommand,
  DescribeNetworkInterfacesCommand,
  DescribeVolumesCommand,
  RunInstancesCommand,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import { describe, expect, it } from "vitest";
import { codeOf, launchOf, refusal, subject } from "./support.ts";

describe("RunInstances", () => {
  it("launches a machine that is pending, then running, with all requested properties", async () => {
    await using it = await subject();
    const { client, region, clock } = it;
    const zone = "us-east-1b";
    const tags = [{ Key: "slipway:owner", Value: "a <b> & c" }];
    const reply = await client.send(
      new RunInstancesCommand({
        ...launchOf(region),
        SubnetId: region.subnets[zone],
        SecurityGroupIds: [region.securityGroupId],
        UserData: Buffer.from("#cloud-config\n").toString("base64"),
        IamInstanceProfile: { Name: "worker" },
        MetadataOptions: { HttpTokens: "required", InstanceMetadataTags: "enabled" },
        BlockDeviceMappings: [
          { DeviceName: "/dev/xvda", Ebs: { VolumeSize: 20, VolumeType: "gp3" } },
        ],
        TagSpecifications: [
          { ResourceType: "instance", Tags: tags },
          { ResourceType: "volume", Tags: tags },
          { ResourceType: "network-interface", Tags: tags },
        ],
      }),
    );
    expect(reply.Instances).toMatchObject([
      {
        State: { Code: 0, Name: "pending" },
        AmiLaunchIndex: 0,
        Tags: tags,
        BlockDeviceMappings: [],
      },
    ]);
    const id = reply.Instances?.[0]?.InstanceId ?? "";
    expect(id).toMatch(/^i-[0-9a-f]{17}$/);
    await clock.advance(500);
    const found = await client.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
    expect(found.Reservations?.[0]?.Instances?.[0]).toMatchObject({
      State: { Code: 16, Name: "running" },
      Placement: { AvailabilityZone: zone },
      SubnetId: region.subnets[zone],
      VpcId: region.vpcId,
      Architecture: "x86_64",
      SecurityGroups: [{ GroupId: region.securityGroupId, GroupName: "default" }],
      RootDeviceName: "/dev/xvda",
      LaunchTime: new Date(clock.now() - 500),
      MetadataOptions: {
        HttpTokens: "required",
        InstanceMetadataTags: "enabled",
        State: "applied",
      },
      IamInstanceProfile: { Arn: "arn:aws:iam::000000000000:instance-profile/worker" },
    });
    const volumes = await client.send(
      new DescribeVolumesCommand({
        Filters: [{ Name: "attachment.instance-id", Values: [id] }],
      }),
    );
    expect(volumes.Volumes).toMatchObject([
      { Size: 20, VolumeType: "gp3", Tags: tags, State: "in-use", AvailabilityZone: zone },
    ]);
    const interfaces = await client.send(
      new DescribeNetworkInterfacesCommand({
        Filters: [{ Name: "attachment.instance-id", Values: [id] }],
      }),
    );
    expect(interfaces.NetworkInterfaces).toMatchObject([
      { TagSet: tags, Groups: [{ GroupId: region.securityGroupId }] },
    ]);
  });

  it("numbers the machines of one call, in arbitrary order", async () => {
    await using it = await subject();
    const reply = await it.client.send(
      new RunInstancesCommand({ ...launchOf(it.region), MinCount: 8, MaxCount: 8 }),
    );
    const indexes = reply.Instances?.map(({ AmiLaunchIndex }) => AmiLaunchIndex) ?? [];
    const sorted = indexes.toSorted((one, other) => (one ?? 0) - (other ?? 0));
    expect(sorted).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(indexes).not.toEqual(sorted);
  });

  it("terminates machines, and deletes their resources", async () => {
    await using it = await subject();
    const { client, clock, region } = it;
    const reply = await client.send(new RunInstancesCommand(launchOf(region)));
    const id = reply.Instances?.[0]?.InstanceId ?? "";
    await clock.advance(1000);
    const ended = await client.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    expect(ended.TerminatingInstances).toMatchObject([
      { CurrentState: { Name: "shutting-down" }, PreviousState: { Name: "running" } },
    ]);
    await clock.advance(1000);
    const found = await client.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
    const [instance] = found.Reservations?.[0]?.Instances ?? [];
    expect(instance).toMatchObject({
      State: { Name: "terminated" },
      StateReason: { Code: "Client.UserInitiatedShutdown" },
    });
    expect(instance?.SubnetId).toBeUndefined();
    expect((await client.send(new DescribeVolumesCommand({}))).Volumes).toEqual([]);
    const again = await client.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    expect(again.TerminatingInstances?.[0]?.CurrentState?.Name).toBe("terminated");
    await clock.advance(3_600_000);
    expect(await codeOf(client.send(new DescribeInstancesCommand({ InstanceIds: [id] })))).toBe(
      "InvalidInstanceID.NotFound",
    );
  });

  it("rejects the whole call if one of the ids does not exist", async () => {
    await using it = await subject();
    const reply = await it.client.send(new RunInstancesCommand(launchOf(it.region)));
    const id = reply.Instances?.[0]?.InstanceId ?? "";
    const ids = [id, "i-00000000000000000"];
    for (const command of [
      new DescribeInstancesCommand({ InstanceIds: ids }),
      new TerminateInstancesCommand({ InstanceIds: ids }),
    ])
      expect(await refusal(it.client.send(command as DescribeInstancesCommand))).toMatchObject({
        code: "InvalidInstanceID.NotFound",
        status: 400,
        message: "The instance ID 'i-00000000000000000' does not exist",
      });
    expect(it.region.instances()[0]?.state).toBe("pending");
  });
});
