import type {
  DescribeImagesCommandInput,
  DescribeImagesCommandOutput,
  DescribeInstancesCommandInput,
  DescribeInstanceTypeOfferingsCommandInput,
  DescribeInstanceTypeOfferingsCommandOutput,
  DescribeInstanceTypesCommandInput,
  DescribeInstanceTypesCommandOutput,
  DescribeRegionsCommandInput,
  DescribeRegionsCommandOutput,
  DescribeSecurityGroupsCommandInput,
  DescribeSecurityGroupsCommandOutput,
  DescribeSubnetsCommandInput,
  DescribeSubnetsCommandOutput,
  GetConsoleOutputCommandInput,
  GetConsoleOutputCommandOutput,
  RunInstancesCommandInput,
  TerminateInstancesCommandInput,
  TerminateInstancesCommandOutput,
} from "@aws-sdk/client-ec2";
import type { GetCallerIdentityCommandOutput } from "@aws-sdk/client-sts";
import type { AwsClients, AwsRole } from "./client.ts";
import type { InstanceSeen } from "../machine.ts";
import { loadSdk } from "./load-sdk.ts";

export interface ApiCall {
  readonly service: "ec2" | "sts";
  readonly action: string;
  /**
   * Whose credentials it is made with: the reading role's, the launching role's, or (`caller`) those that Slipway was
   * given, which assume the roles.
   */
  readonly role: AwsRole | "caller";
}

/** Every call that is made to AWS, and no other: what IAM policies have to allow. */
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
  { service: "ec2", action: "DescribeInstances", role: "reader" },
  { service: "ec2", action: "GetConsoleOutput", role: "reader" },
  { service: "ec2", action: "RunInstances", role: "launcher" },
  { service: "ec2", action: "TerminateInstances", role: "launcher" },
] as const satisfies readonly ApiCall[];

/** What `RunInstances` is held to besides its own permission: it writes tags, and hands over an instance profile. */
export const LAUNCH_PERMISSIONS = [
  { service: "ec2", action: "CreateTags" },
  { service: "iam", action: "PassRole" },
] as const;

/**
 * The calls of one region, one function each, with the SDK's own shapes. All throw what the SDK throws, to be judged by
 * `cloudError` where the call is made; a `SlipwayError` where no credentials could be had.
 */
/** The instances of one launch, with what is read of them. */
export interface Reserved {
  readonly Instances?: readonly InstanceSeen[] | undefined;
}

export interface ReservedPage {
  readonly Reservations?: readonly Reserved[] | undefined;
  readonly NextToken?: string | undefined;
}

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
  describeSecurityGroups(
    input: DescribeSecurityGroupsCommandInput,
    signal: AbortSignal,
  ): Promise<DescribeSecurityGroupsCommandOutput>;
  describeInstances(
    input: DescribeInstancesCommandInput,
    signal: AbortSignal,
  ): Promise<ReservedPage>;
  getConsoleOutput(
    input: GetConsoleOutputCommandInput,
    signal: AbortSignal,
  ): Promise<GetConsoleOutputCommandOutput>;
  /**
   * Sent once, whatever comes of it: a launch is repeated by whoever knows its token. Nothing stops it: one that is given
   * up half-way may have launched machines that nobody knows of.
   */
  runInstances(input: RunInstancesCommandInput): Promise<Reserved>;
  /** `RunInstances` with `DryRun`, to which EC2 answers with an error whatever comes of it. */
  rehearseInstances(input: RunInstancesCommandInput, signal: AbortSignal): Promise<void>;
  terminateInstances(
    input: TerminateInstancesCommandInput,
    signal: AbortSignal,
  ): Promise<TerminateInstancesCommandOutput>;
  getCallerIdentity(role: AwsRole, signal: AbortSignal): Promise<GetCallerIdentityCommandOutput>;
}

/** How long a call that changes machines may take, in milliseconds: a thousand at once are not there in a moment. */
const CHANGE_MILLISECONDS = 120_000;

/** The calls over a placement's clients. The SDK is loaded by the first of them. */
export function createAwsApi(clients: Pick<AwsClients, "ec2" | "sts">, region: string): AwsApi {
  const reading = () => clients.ec2({ role: "reader", region });
  const options = (signal: AbortSignal) => ({ abortSignal: signal });
  const patient = { requestTimeout: CHANGE_MILLISECONDS };
  return {
    region,
    async describeImages(input, signal) {
      const { DescribeImagesCommand } = await loadSdk();
      return await (await reading()).send(new DescribeImagesCommand(input), options(signal));
    },
    async describeRegions(input, signal) {
      const { DescribeRegionsCommand } = await loadSdk();
      return await (await reading()).send(new DescribeRegionsCommand(input), options(signal));
    },
    async describeInstanceTypes(input, signal) {
      const { DescribeInstanceTypesCommand } = await loadSdk();
      return await (await reading()).send(new DescribeInstanceTypesCommand(input), options(signal));
    },
    async describeInstanceTypeOfferings(input, signal) {
      const { DescribeInstanceTypeOfferingsCommand } = await loadSdk();
      const command = new DescribeInstanceTypeOfferingsCommand(input);
      return await (await reading()).send(command, options(signal));
    },
    async describeSubnets(input, signal) {
      const { DescribeSubnetsCommand } = await loadSdk();
      return await (await reading()).send(new DescribeSubnetsCommand(input), options(signal));
    },
    async describeSecurityGroups(input, signal) {
      const { DescribeSecurityGroupsCommand } = await loadSdk();
      const command = new DescribeSecurityGroupsCommand(input);
      return await (await reading()).send(command, options(signal));
    },
    async describeInstances(input, signal) {
      const { DescribeInstancesCommand } = await loadSdk();
      return await (await reading()).send(new DescribeInstancesCommand(input), options(signal));
    },
    async getConsoleOutput(input, signal) {
      const { GetConsoleOutputCommand } = await loadSdk();
      return await (await reading()).send(new GetConsoleOutputCommand(input), options(signal));
    },
    async runInstances(input) {
      const { RunInstancesCommand } = await loadSdk();
      const client = await clients.ec2({ role: "launcher", region });
      return await client.send(new RunInstancesCommand(input), patient);
    },
    async rehearseInstances(input, signal) {
      const { RunInstancesCommand } = await loadSdk();
      const client = await clients.ec2({ role: "launcher", region });
      const command = new RunInstancesCommand({ ...input, DryRun: true });
      await client.send(command, { ...patient, ...options(signal) });
    },
    async terminateInstances(input, signal) {
      const { TerminateInstancesCommand } = await loadSdk();
      const client = await clients.ec2({ role: "launcher", region });
      const command = new TerminateInstancesCommand(input);
      return await client.send(command, { ...patient, ...options(signal) });
    },
    async getCallerIdentity(role, signal) {
      const { GetCallerIdentityCommand } = await loadSdk();
      const client = await clients.sts({ role, region });
      return await client.send(new GetCallerIdentityCommand({}), options(signal));
    },
  };
}
