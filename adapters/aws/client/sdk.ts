/**
 * The parts of the AWS SDK that the adapter uses, except for the default credential chain. EC2's package has 750
 * commands in two megabytes; a bundler keeps only the ones named here.
 */
export {
  DeleteNetworkInterfaceCommand,
  DeleteVolumeCommand,
  DescribeCapacityReservationsCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeInstanceTypeOfferingsCommand,
  DescribeInstanceTypesCommand,
  DescribeLaunchTemplateVersionsCommand,
  DescribeNetworkInterfacesCommand,
  DescribeRegionsCommand,
  DescribeSecurityGroupsCommand,
  DescribeSpotInstanceRequestsCommand,
  DescribeSubnetsCommand,
  DescribeVolumesCommand,
  DescribeVpcsCommand,
  EC2Client,
  GetConsoleOutputCommand,
  RunInstancesCommand,
  TerminateInstancesCommand,
  VolumeType,
} from "@aws-sdk/client-ec2";
export {
  AssumeRoleCommand,
  GetCallerIdentityCommand,
  getDefaultRoleAssumer,
  getDefaultRoleAssumerWithWebIdentity,
  STSClient,
} from "@aws-sdk/client-sts";
export { CONFIG_PREFIX_SEPARATOR, loadSharedConfigFiles } from "@smithy/core/config";
export { HttpRequest } from "@smithy/core/transport";
