import {
  DeregisterImageCommand,
  DescribeImagesCommand,
  DescribeInstanceTypesCommand,
  DescribeInstancesCommand,
  DescribeNetworkInterfacesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeVolumesCommand,
  DescribeVpcsCommand,
  GetConsoleOutputCommand,
  StartInstancesCommand,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import { NONE, launched, type Ec2Request } from "./ec2-request.ts";

/** What both refuse, with the same code and status. */
export const REFUSALS: readonly Ec2Request[] = [
  ["a dry run", (at) => at.launch({ DryRun: true })],
  [
    "an unknown instance",
    ({ client }) => client.send(new DescribeInstancesCommand({ InstanceIds: [`i-${NONE}`] })),
  ],
  [
    "one unknown instance of two",
    async (at) =>
      at.client.send(
        new DescribeInstancesCommand({ InstanceIds: [await launched(at), `i-${NONE}`] }),
      ),
  ],
  [
    "an end of an unknown instance",
    ({ client }) => client.send(new TerminateInstancesCommand({ InstanceIds: [`i-${NONE}`] })),
  ],
  [
    "a start of an unknown instance",
    ({ client }) => client.send(new StartInstancesCommand({ InstanceIds: [`i-${NONE}`] })),
  ],
  [
    "a console of an unknown instance",
    ({ client }) => client.send(new GetConsoleOutputCommand({ InstanceId: `i-${NONE}` })),
  ],
  [
    "ids and pages",
    async (at) =>
      at.client.send(
        new DescribeInstancesCommand({ InstanceIds: [await launched(at)], MaxResults: 5 }),
      ),
  ],
  [
    "an unknown image",
    ({ client }) => client.send(new DescribeImagesCommand({ ImageIds: [`ami-${NONE}`] })),
  ],
  [
    "the end of an unknown image",
    ({ client }) => client.send(new DeregisterImageCommand({ ImageId: `ami-${NONE}` })),
  ],
  [
    "an unknown subnet",
    ({ client }) => client.send(new DescribeSubnetsCommand({ SubnetIds: [`subnet-${NONE}`] })),
  ],
  ["a launch in an unknown subnet", (at) => at.launch({ SubnetId: `subnet-${NONE}` })],
  ["a launch with an unknown group", (at) => at.launch({ SecurityGroupIds: [`sg-${NONE}`] })],
  [
    "an unknown VPC",
    ({ client }) => client.send(new DescribeVpcsCommand({ VpcIds: [`vpc-${NONE}`] })),
  ],
  [
    "an unknown group",
    ({ client }) => client.send(new DescribeSecurityGroupsCommand({ GroupIds: [`sg-${NONE}`] })),
  ],
  [
    "an unknown volume",
    ({ client }) => client.send(new DescribeVolumesCommand({ VolumeIds: [`vol-${NONE}`] })),
  ],
  [
    "an unknown interface",
    ({ client }) =>
      client.send(new DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: [`eni-${NONE}`] })),
  ],
  [
    "an unknown type",
    ({ client }) =>
      client.send(new DescribeInstanceTypesCommand({ InstanceTypes: ["t9.huge" as never] })),
  ],
];
