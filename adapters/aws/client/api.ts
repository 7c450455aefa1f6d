import type {
  DescribeLaunchTemplateVersionsCommandInput,
  DescribeLaunchTemplateVersionsCommandOutput,
  DescribeCapacityReservationsCommandInput,
  DescribeCapacityReservationsCommandOutput,
  DescribeImagesCommandInput,
  DescribeImagesCommandOutput,
  DescribeInstancesCommandInput,
  DescribeInstanceTypeOfferingsCommandInput,
  DescribeInstanceTypeOfferingsCommandOutput,
  DescribeInstanceTypesCommandInput,
  DescribeInstanceTypesCommandOutput,
  DescribeNetworkInterfacesCommandInput,
  DescribeNetworkInterfacesCommandOutput,
  DescribeRegionsCommandInput,
  DescribeRegionsCommandOutput,
  DescribeSecurityGroupsCommandInput,
  DescribeSecurityGroupsCommandOutput,
  DescribeSubnetsCommandInput,
  DescribeSubnetsCommandOutput,
  DescribeSpotInstanceRequestsCommandInput,
  DescribeSpotInstanceRequestsCommandOutput,
  DescribeVolumesCommandInput,
  DescribeVolumesCommandOutput,
  DescribeVpcsCommandInput,
  DescribeVpcsCommandOutput,
  GetConsoleOutputCommandInput,
  GetConsoleOutputCommandOutput,
  RunInstancesCommandInput,
  TerminateInstancesCommandInput,
  TerminateInstancesCommandOutput,
} from "@aws-sdk/client-ec2";
import type { GetCallerIdentityCommandOutput } from "@aws-sdk/client-sts";
import type { AwsClients, AwsRole } from "./client.ts";
import type { ObservedInstance } from "../machine.ts";
import type { AwsService } from "./endpoint-provider.ts";
import { loadSdk } from "./load-sdk.ts";

export interface ApiCall {
  readonly service: AwsService;
  readonly action: string;
  /**
   * The credentials that sign the call: the reading role's, the launching role's, or (`caller`) the ones that Slipway
   * itself was given, which assume the two roles.
   */
  readonly role: AwsRole | "caller";
}

/** Every call that the adapter makes to AWS. IAM policies have to allow exactly these. */
export const API_CALLS = [
  { service: "sts", action: "AssumeRole", role: "caller" },
  { service: "sts", action: "GetCallerIdentity", role: "reader" },
  { service: "sts", action: "GetCallerIdentity", role: "launcher" },
  { service: "ec2", action: "DescribeImages", role: "reader" },
  { service: "ec2", action: "DescribeRegions", role: "reader" },
  { service: "ec2", action: "DescribeInstanceTypes", role: "reader" },
  { service: "ec2", action: "DescribeInstanceTypeOfferings", role: "reader" },
  { service: "ec2", action: "DescribeSubnets", role: "reader" },
  { service: "ec2", action: "DescribeSecurityGroups", role: "reader" },
  { service: "ec2", action: "DescribeVpcs", role: "reader" },
  { service: "ec2", action: "DescribeCapacityReservations", role: "reader" },
  { service: "ec2", action: "DescribeLaunchTemplateVersions", role: "reader" },
  { service: "ec2", action: "DescribeInstances", role: "reader" },
  { service: "ec2", action: "DescribeVolumes", role: "reader" },
  { service: "ec2", action: "DescribeSpotInstanceRequests", role: "reader" },
  { service: "ec2", action: "DescribeNetworkInterfaces", role: "reader" },
  { service: "ec2", action: "GetConsoleOutput", role: "reader" },
  { service: "ec2", action: "RunInstances", role: "launcher" },
  { service: "ec2", action: "TerminateInstances", role: "launcher" },
  { service: "ec2", action: "DeleteVolume", role: "launcher" },
  { service: "ec2", action: "DeleteNetworkInterface", role: "launcher" },
] as const satisfies readonly ApiCall[];

/**
 * Permissions that `RunInstances` needs besides its own, because it writes tags, passes an instance profile and, with the
 * first spot request of an account, creates the service-linked role of the spot market.
 */
export const LAUNCH_PERMISSIONS = [
  { service: "ec2", action: "CreateTags" },
  { service: "iam", action: "PassRole" },
  { service: "iam", action: "CreateServiceLinkedRole" },
] as const;

/**
 * Permissions on the KMS key of encrypted volumes, which EC2 uses on behalf of the launcher:
 * https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption-requirements.html
 */
export const ENCRYPTION_PERMISSIONS = [
  { service: "kms", action: "CreateGrant" },
  { service: "kms", action: "Decrypt" },
  { service: "kms", action: "DescribeKey" },
  { service: "kms", action: "GenerateDataKeyWithoutPlaintext" },
  { service: "kms", action: "ReEncrypt*" },
] as const;

/** The instances of one launch, with the members that the adapter uses. */
export interface Reservation {
  readonly Instances?: readonly ObservedInstance[] | undefined;
}

export interface ReservationPage {
  readonly Reservations?: readonly Reservation[] | undefined;
  readonly NextToken?: string | undefined;
}

/**
 * The calls of one region, one function each, in the SDK's own types. They throw the SDK's errors, which the call site
 * converts with `cloudError`, or a `SlipwayError` if there are no credentials.
 */
export interface AwsApi {
  readonly region: string;
  describeImages(
    input: DescribeImagesCommandInput,
    signal: AbortSignal,
  ): Promise<DescribeImagesCommandOutput>;
  describeRegions(
    input: DescribeRegionsCommandInput,
    signal: AbortSignal,
  ): Promise<DescribeRegionsCommandOutput>;
  describeInstanceTypes(
    input: DescribeInstanceTypesCommandInput,
    signal: AbortSignal,
  ): Promise<DescribeInstanceTypesCommandOutput>;
  describeInstanceTypeOfferings(
    input: DescribeInstanceTypeOfferingsCommandInput,
    signal: AbortSignal,
  ): Promise<DescribeInstanceTypeOfferingsCommandOutput>;
  describeSubnets(
    input: DescribeSubnetsCommandInput,
    signal: AbortSignal,
  ): Promise<DescribeSubnetsCommandOutput>;
  describeLaunchTemplateVersions(
    input: DescribeLaunchTemplateVersionsCommandInput,
    signal: AbortSignal,
  ): Promise<DescribeLaunchTemplateVersionsCommandOutput>;
  describeCapacityReservations(
    input: DescribeCapacityReservationsCommandInput,
    signal: AbortSignal,
  ): Promise<DescribeCapacityReservationsCommandOutput>;
  describeSecurityGroups(
    input: DescribeSecurityGroupsCommandInput,
    signal: AbortSignal,
  ): Promise<DescribeSecurityGroupsCommandOutput>;
  describeVpcs(
    input: DescribeVpcsCommandInput,
    signal: AbortSignal,
  ): Promise<DescribeVpcsCommandOutput>;
  describeInstances(
    input: DescribeInstancesCommandInput,
    signal: AbortSignal,
  ): Promise<ReservationPage>;
  describeVolumes(
    input: DescribeVolumesCommandInput,
    signal: AbortSignal,
  ): Promise<DescribeVolumesCommandOutput>;
  describeSpotInstanceRequests(
    input: DescribeSpotInstanceRequestsCommandInput,
    signal: AbortSignal,
  ): Promise<DescribeSpotInstanceRequestsCommandOutput>;
  describeNetworkInterfaces(
    input: DescribeNetworkInterfacesCommandInput,
    signal: AbortSignal,
  ): Promise<DescribeNetworkInterfacesCommandOutput>;
  getConsoleOutput(
    input: GetConsoleOutputCommandInput,
    signal: AbortSignal,
  ): Promise<GetConsoleOutputCommandOutput>;
  /**
   * Sent exactly once, whatever the outcome: only the caller that holds the token may repeat a launch. It cannot be
   * aborted, because an abandoned request may have launched machines that no record mentions.
   */
  runInstances(input: RunInstancesCommandInput): Promise<Reservation>;
  /** `RunInstances` with `DryRun`. EC2 always answers it with an error; `DryRunOperation` means success. */
  dryRunInstances(input: RunInstancesCommandInput, signal: AbortSignal): Promise<void>;
  terminateInstances(
    input: TerminateInstancesCommandInput,
    signal: AbortSignal,
  ): Promise<TerminateInstancesCommandOutput>;
  deleteVolume(id: string, signal: AbortSignal): Promise<void>;
  deleteNetworkInterface(id: string, signal: AbortSignal): Promise<void>;
  getCallerIdentity(role: AwsRole, signal: AbortSignal): Promise<GetCallerIdentityCommandOutput>;
}

/** How long a call that changes machines may take, in milliseconds. Launching a thousand at once takes a while. */
const CHANGE_MILLISECONDS = 120_000;

/** The calls of a region through a placement's clients. The first call loads the SDK. */
export function createAwsApi(clients: Pick<AwsClients, "ec2" | "sts">, region: string): AwsApi {
  const reader = () => clients.ec2({ role: "reader", region });
  const options = (signal: AbortSignal) => ({ abortSignal: signal });
  const launcher = () => clients.ec2({ role: "launcher", region });
  const longTimeout = { requestTimeout: CHANGE_MILLISECONDS };
  const change = (signal: AbortSignal) => ({ ...longTimeout, ...options(signal) });
  return {
    region,
    ...placeCalls(reader),
    async describeImages(input, signal) {
      const { DescribeImagesCommand } = await loadSdk();
      return await (await reader()).send(new DescribeImagesCommand(input), options(signal));
    },
    async describeRegions(input, signal) {
      const { DescribeRegionsCommand } = await loadSdk();
      return await (await reader()).send(new DescribeRegionsCommand(input), options(signal));
    },
    async describeInstanceTypes(input, signal) {
      const { DescribeInstanceTypesCommand } = await loadSdk();
      return await (await reader()).send(new DescribeInstanceTypesCommand(input), options(signal));
    },
    async describeInstanceTypeOfferings(input, signal) {
      const { DescribeInstanceTypeOfferingsCommand } = await loadSdk();
      const command = new DescribeInstanceTypeOfferingsCommand(input);
      return await (await reader()).send(command, options(signal));
    },
    async describeInstances(input, signal) {
      const { DescribeInstancesCommand } = await loadSdk();
      return await (await reader()).send(new DescribeInstancesCommand(input), options(signal));
    },
    async describeVolumes(input, signal) {
      const { DescribeVolumesCommand } = await loadSdk();
      return await (await reader()).send(new DescribeVolumesCommand(input), options(signal));
    },
    async describeSpotInstanceRequests(input, signal) {
      const { DescribeSpotInstanceRequestsCommand } = await loadSdk();
      const command = new DescribeSpotInstanceRequestsCommand(input);
      return await (await reader()).send(command, options(signal));
    },
    async getConsoleOutput(input, signal) {
      const { GetConsoleOutputCommand } = await loadSdk();
      return await (await reader()).send(new GetConsoleOutputCommand(input), options(signal));
    },
    async runInstances(input) {
      const { RunInstancesCommand } = await loadSdk();
      return await (await launcher()).send(new RunInstancesCommand(input), longTimeout);
    },
    async dryRunInstances(input, signal) {
      const { RunInstancesCommand } = await loadSdk();
      const command = new RunInstancesCommand({ ...input, DryRun: true });
      await (await launcher()).send(command, change(signal));
    },
    async terminateInstances(input, signal) {
      const { TerminateInstancesCommand } = await loadSdk();
      return await (await launcher()).send(new TerminateInstancesCommand(input), change(signal));
    },
    async deleteVolume(id, signal) {
      const { DeleteVolumeCommand } = await loadSdk();
      await (await launcher()).send(new DeleteVolumeCommand({ VolumeId: id }), change(signal));
    },
    async deleteNetworkInterface(id, signal) {
      const { DeleteNetworkInterfaceCommand } = await loadSdk();
      const command = new DeleteNetworkInterfaceCommand({ NetworkInterfaceId: id });
      await (await launcher()).send(command, change(signal));
    },
    async getCallerIdentity(role, signal) {
      const { GetCallerIdentityCommand } = await loadSdk();
      const client = await clients.sts({ role, region });
      return await client.send(new GetCallerIdentityCommand({}), options(signal));
    },
  };
}

type PlaceCalls = Pick<
  AwsApi,
  | "describeCapacityReservations"
  | "describeLaunchTemplateVersions"
  | "describeNetworkInterfaces"
  | "describeSecurityGroups"
  | "describeSubnets"
  | "describeVpcs"
>;

/** The reads of what a placement names. */
function placeCalls(reader: () => ReturnType<AwsClients["ec2"]>): PlaceCalls {
  const options = (signal: AbortSignal) => ({ abortSignal: signal });
  return {
    async describeSubnets(input, signal) {
      const { DescribeSubnetsCommand } = await loadSdk();
      return await (await reader()).send(new DescribeSubnetsCommand(input), options(signal));
    },
    async describeSecurityGroups(input, signal) {
      const { DescribeSecurityGroupsCommand } = await loadSdk();
      const command = new DescribeSecurityGroupsCommand(input);
      return await (await reader()).send(command, options(signal));
    },
    async describeLaunchTemplateVersions(input, signal) {
      const { DescribeLaunchTemplateVersionsCommand } = await loadSdk();
      const command = new DescribeLaunchTemplateVersionsCommand(input);
      return await (await reader()).send(command, options(signal));
    },
    async describeCapacityReservations(input, signal) {
      const { DescribeCapacityReservationsCommand } = await loadSdk();
      const command = new DescribeCapacityReservationsCommand(input);
      return await (await reader()).send(command, options(signal));
    },
    async describeVpcs(input, signal) {
      const { DescribeVpcsCommand } = await loadSdk();
      return await (await reader()).send(new DescribeVpcsCommand(input), options(signal));
    },
    async describeNetworkInterfaces(input, signal) {
      const { DescribeNetworkInterfacesCommand } = await loadSdk();
      const command = new DescribeNetworkInterfacesCommand(input);
      return await (await reader()).send(command, options(signal));
    },
  };
}
