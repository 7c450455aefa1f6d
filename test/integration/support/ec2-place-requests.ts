import {
  DescribeAvailabilityZonesCommand,
  DescribeImagesCommand,
  DescribeInstanceTypeOfferingsCommand,
  DescribeInstanceTypesCommand,
  DescribeRegionsCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeVpcsCommand,
} from "@aws-sdk/client-ec2";
import { AssumeRoleCommand, GetCallerIdentityCommand } from "@aws-sdk/client-sts";
import { pick } from "./ec2-endpoints.ts";
import { filter, type Ec2Request } from "./ec2-request.ts";

/** What there is before anything is launched, and who asks. */
export const PLACES: readonly Ec2Request[] = [
  [
    "zones",
    ({ client }) =>
      client
        .send(new DescribeAvailabilityZonesCommand({}))
        .then(({ AvailabilityZones }) =>
          AvailabilityZones?.map((zone) =>
            pick(zone, "ZoneName", "ZoneId", "RegionName", "State", "ZoneType"),
          ),
        ),
  ],
  [
    "regions",
    ({ client }) => client.send(new DescribeRegionsCommand({ RegionNames: ["eu-west-1"] })),
  ],
  [
    "the default VPC",
    ({ client }) =>
      client
        .send(new DescribeVpcsCommand(filter("is-default", "true")))
        .then(({ Vpcs }) =>
          Vpcs?.map((vpc) =>
            pick(vpc, "VpcId", "CidrBlock", "State", "IsDefault", "InstanceTenancy", "OwnerId"),
          ),
        ),
  ],
  [
    "the default subnets",
    ({ client }) =>
      client
        .send(new DescribeSubnetsCommand({}))
        .then(({ Subnets }) =>
          Subnets?.toSorted((one, other) =>
            (one.AvailabilityZone ?? "").localeCompare(other.AvailabilityZone ?? ""),
          ).map((subnet) =>
            pick(
              subnet,
              "SubnetId",
              "AvailabilityZone",
              "AvailabilityZoneId",
              "AvailableIpAddressCount",
              "CidrBlock",
              "DefaultForAz",
              "MapPublicIpOnLaunch",
              "State",
              "OwnerId",
              "VpcId",
            ),
          ),
        ),
  ],
  [
    "the default group",
    ({ client }) =>
      client
        .send(new DescribeSecurityGroupsCommand(filter("group-name", "default")))
        .then(({ SecurityGroups }) =>
          SecurityGroups?.map((group) =>
            pick(
              group,
              "GroupId",
              "GroupName",
              "Description",
              "OwnerId",
              "VpcId",
              "SecurityGroupArn",
            ),
          ),
        ),
  ],
  [
    "a few types",
    ({ client }) =>
      client
        .send(
          new DescribeInstanceTypesCommand({
            InstanceTypes: [
              "c7gn.large",
              "m7gd.medium",
              "x8g.large",
              "mac2.metal",
              "m7i.large",
              "t3.nano",
              "t4g.small",
              "t2.micro",
            ],
          }),
        )
        .then(({ InstanceTypes }) =>
          InstanceTypes?.toSorted((one, other) =>
            (one.InstanceType ?? "").localeCompare(other.InstanceType ?? ""),
          ).map((type) => ({
            ...pick(
              type,
              "InstanceType",
              "BareMetal",
              "BurstablePerformanceSupported",
              "InstanceStorageSupported",
            ),
            architectures: type.ProcessorInfo?.SupportedArchitectures,
            processors: pick(
              type.VCpuInfo,
              "DefaultVCpus",
              "DefaultCores",
              "DefaultThreadsPerCore",
            ),
            memory: type.MemoryInfo?.SizeInMiB,
          })),
        ),
  ],
  [
    "where a type is offered",
    ({ client }) =>
      client
        .send(
          new DescribeInstanceTypeOfferingsCommand({
            LocationType: "availability-zone",
            ...filter("instance-type", "t3.micro"),
          }),
        )
        .then(({ InstanceTypeOfferings }) =>
          InstanceTypeOfferings?.filter(({ Location }) => Location === "us-east-1b"),
        ),
  ],
  [
    "an image by its id",
    (at) =>
      at.client.send(new DescribeImagesCommand({ ImageIds: [at.imageId] })).then(({ Images }) =>
        Images?.map((image) => ({
          ...pick(
            image,
            "State",
            "Architecture",
            "ImageType",
            "RootDeviceType",
            "VirtualizationType",
            "Public",
            "Hypervisor",
          ),
          hasRoot: image.BlockDeviceMappings?.some(
            ({ DeviceName, Ebs }) =>
              DeviceName === image.RootDeviceName && Ebs?.SnapshotId?.startsWith("snap-"),
          ),
          isDated: !Number.isNaN(Date.parse(image.CreationDate ?? "")),
        })),
      ),
  ],
  [
    "who asks",
    ({ sts }) =>
      sts.send(new GetCallerIdentityCommand({})).then((reply) => pick(reply, "Account", "Arn")),
  ],
  [
    "a role",
    async ({ sts, account }) => {
      const reply = await sts.send(
        new AssumeRoleCommand({
          RoleArn: `arn:aws:iam::${account}:role/launcher`,
          RoleSessionName: "test",
        }),
      );
      return {
        arn: reply.AssumedRoleUser?.Arn,
        has: Object.keys(reply.Credentials ?? {}).toSorted((one, other) =>
          one.localeCompare(other),
        ),
        expires: reply.Credentials?.Expiration,
      };
    },
  ],
];
