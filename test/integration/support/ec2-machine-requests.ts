import {
  CreateTagsCommand,
  DescribeInstanceAttributeCommand,
  DescribeInstanceStatusCommand,
  DescribeInstancesCommand,
  DescribeNetworkInterfacesCommand,
  DescribeTagsCommand,
  DescribeVolumesCommand,
  GetConsoleOutputCommand,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import { pick } from "./ec2-endpoints.ts";
import { TAGS, filter, launched, tagged, type Ec2Request } from "./ec2-request.ts";

/** What becomes of machines. */
export const MACHINES: readonly Ec2Request[] = [
  [
    "what RunInstances replies",
    async (at) => {
      const [instance] = await at.launch({
        SubnetId: at.subnetId,
        TagSpecifications: [tagged("instance")],
      });
      return {
        ...pick(
          instance,
          "InstanceId",
          "State",
          "AmiLaunchIndex",
          "InstanceType",
          "Architecture",
          "ClientToken",
          "Tags",
          "RootDeviceType",
          "EbsOptimized",
          "Monitoring",
          "PrivateIpAddress",
          "PrivateDnsName",
        ),
        isAsked: [
          instance?.SubnetId === at.subnetId,
          instance?.ImageId === at.imageId,
          instance?.Placement?.AvailabilityZone === at.zone,
        ],
      };
    },
  ],
  [
    "the machines of one call",
    async (at) =>
      (await at.launch({ MinCount: 3, MaxCount: 3 })).map((instance) =>
        pick(instance, "InstanceId", "AmiLaunchIndex", "State"),
      ),
  ],
  [
    "a running machine",
    async (at) => {
      const instance = await at.until(await launched(at), "running");
      return {
        ...pick(
          instance,
          "InstanceId",
          "State",
          "SubnetId",
          "VpcId",
          "SecurityGroups",
          "Tags",
          "ClientToken",
          "LaunchTime",
          "MetadataOptions",
          "PrivateIpAddress",
          "PublicIpAddress",
          "SourceDestCheck",
          "VirtualizationType",
          "KeyName",
          "InstanceLifecycle",
        ),
        devices: instance.BlockDeviceMappings?.map((device) => ({
          isRoot: device.DeviceName === at.rootDeviceName,
          ...pick(device.Ebs, "VolumeId", "Status", "AttachTime"),
        })),
        interfaces: instance.NetworkInterfaces?.map((one) =>
          pick(
            one,
            "NetworkInterfaceId",
            "SubnetId",
            "VpcId",
            "Groups",
            "Status",
            "PrivateIpAddress",
            "InterfaceType",
            "OwnerId",
          ),
        ),
      };
    },
  ],
  [
    "its volume",
    async (at) => {
      const id = await launched(at);
      await at.until(id, "running");
      const { Volumes } = await at.client.send(
        new DescribeVolumesCommand(filter("attachment.instance-id", id)),
      );
      return Volumes?.map((volume) => ({
        ...pick(
          volume,
          "VolumeId",
          "Size",
          "VolumeType",
          "State",
          "AvailabilityZone",
          "Tags",
          "CreateTime",
        ),
        attachments: volume.Attachments?.map((one) => pick(one, "InstanceId", "VolumeId", "State")),
      }));
    },
  ],
  [
    "its network interface",
    async (at) => {
      const id = await launched(at);
      const { NetworkInterfaces } = await at.client.send(
        new DescribeNetworkInterfacesCommand(filter("attachment.instance-id", id)),
      );
      return NetworkInterfaces?.map((one) => ({
        ...pick(
          one,
          "NetworkInterfaceId",
          "SubnetId",
          "VpcId",
          "Groups",
          "Status",
          "OwnerId",
          "AvailabilityZone",
        ),
        ...pick(one.Attachment, "InstanceId", "DeviceIndex", "Status"),
      }));
    },
  ],
  [
    "its tags",
    async (at) =>
      at.client.send(new DescribeTagsCommand(filter("resource-id", await launched(at)))),
  ],
  [
    "its user data",
    async (at) =>
      at.client.send(
        new DescribeInstanceAttributeCommand({
          InstanceId: await launched(at),
          Attribute: "userData",
        }),
      ),
  ],
  [
    "its type",
    async (at) =>
      at.client.send(
        new DescribeInstanceAttributeCommand({
          InstanceId: await launched(at),
          Attribute: "instanceType",
        }),
      ),
  ],
  [
    "its status",
    async (at) => {
      const id = await launched(at);
      await at.until(id, "running");
      const { InstanceStatuses } = await at.client.send(
        new DescribeInstanceStatusCommand({ InstanceIds: [id] }),
      );
      return InstanceStatuses?.map((one) => ({
        ...pick(one, "InstanceId", "AvailabilityZone", "InstanceState"),
        checks: [one.InstanceStatus?.Status, one.SystemStatus?.Status],
      }));
    },
  ],
  [
    "its console",
    async (at) => {
      const id = await launched(at);
      await at.until(id, "running");
      const reply = await at.client.send(new GetConsoleOutputCommand({ InstanceId: id }));
      return {
        ...pick(reply, "InstanceId", "Timestamp"),
        isText: Buffer.from(reply.Output ?? "", "base64").length > 0,
      };
    },
  ],
  [
    "tags laid over tags",
    async (at) => {
      const id = await launched(at);
      const Tags = [
        { Key: "slipway:owner", Value: "new" },
        { Key: "b", Value: "" },
      ];
      await at.client.send(new CreateTagsCommand({ Resources: [id], Tags }));
      const reply = await at.client.send(new DescribeTagsCommand(filter("resource-id", id)));
      return reply.Tags?.toSorted((one, other) => (one.Key ?? "").localeCompare(other.Key ?? ""));
    },
  ],
  [
    "what filters find",
    async (at) => {
      const id = await launched(at);
      await at.until(id, "running");
      const found = await Promise.all(
        [
          filter("tag:slipway:owner", TAGS[0]?.Value ?? ""),
          filter("tag:slipway:owner", "a*"),
          filter("tag:slipway:owner", "b*"),
          filter("tag-key", "slipway:owner"),
          filter("instance-state-name", "running"),
          filter("instance-state-name", "stopped", "pending"),
          filter("subnet-id", at.subnetId),
          filter("vpc-id", "vpc-x"),
        ].map((input) => at.client.send(new DescribeInstancesCommand(input))),
      );
      const finds = ({ Reservations }: (typeof found)[number]): boolean =>
        Reservations?.some(({ Instances }) =>
          Instances?.some(({ InstanceId }) => InstanceId === id),
        ) ?? false;
      return found.map(finds);
    },
  ],
  [
    "a stop and a start",
    async (at) => {
      const id = await launched(at);
      await at.until(id, "running");
      const stopped = await at.client.send(new StopInstancesCommand({ InstanceIds: [id] }));
      await at.until(id, "stopped");
      const started = await at.client.send(new StartInstancesCommand({ InstanceIds: [id] }));
      await at.until(id, "running");
      return [stopped.StoppingInstances, started.StartingInstances];
    },
  ],
  [
    "an end",
    async (at) => {
      const id = await launched(at);
      await at.until(id, "running");
      const reply = await at.client.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
      const instance = await at.until(id, "terminated");
      return [
        reply.TerminatingInstances,
        pick(instance, "State", "StateReason", "Tags", "PublicIpAddress"),
      ];
    },
  ],
];
