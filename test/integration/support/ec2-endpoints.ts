import { randomInt } from "node:crypto";
import {
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  EC2Client,
  type Instance,
  RunInstancesCommand,
  type RunInstancesCommandInput,
} from "@aws-sdk/client-ec2";
import { STSClient } from "@aws-sdk/client-sts";

/** An account of its own on an endpoint that is taken for EC2. */
export interface Endpoint extends Disposable {
  readonly client: EC2Client;
  readonly sts: STSClient;
  readonly account: string;
  readonly zone: string;
  readonly subnetId: string;
  readonly groupId: string;
  /** An x86_64 image. */
  readonly imageId: string;
  readonly rootDeviceName: string;
  launch(change?: Partial<RunInstancesCommandInput>): Promise<readonly Instance[]>;
  /** The instance as soon as it is in the state. */
  until(id: string, state: string): Promise<Instance>;
}

const ZONE = "us-east-1b";
const MAXIMUM_LOOKS = 2000;

/** Fresh eyes on the endpoint: nothing that another test has made is seen, unless an account is given. */
export async function endpoint(url: string, account = newAccount()): Promise<Endpoint> {
  const settings = {
    region: "us-east-1",
    endpoint: url,
    maxAttempts: 1,
    credentials: { accessKeyId: account, secretAccessKey: "test" },
  };
  const client = new EC2Client(settings);
  const sts = new STSClient(settings);
  const { Subnets } = await client.send(
    new DescribeSubnetsCommand({ Filters: [{ Name: "availability-zone", Values: [ZONE] }] }),
  );
  const { SecurityGroups } = await client.send(new DescribeSecurityGroupsCommand({}));
  const { Images } = await client.send(
    new DescribeImagesCommand({
      Filters: [
        { Name: "architecture", Values: ["x86_64"] },
        { Name: "root-device-type", Values: ["ebs"] },
        { Name: "name", Values: ["al2023*", "amzn2*", "ubuntu*"] },
      ],
    }),
  );
  const [image] = Images ?? [];
  const imageId = image?.ImageId ?? "";
  const first = { ImageId: imageId, InstanceType: "t3.micro" as const, MinCount: 1, MaxCount: 1 };
  return {
    client,
    sts,
    account,
    zone: ZONE,
    subnetId: Subnets?.[0]?.SubnetId ?? "",
    groupId: SecurityGroups?.[0]?.GroupId ?? "",
    imageId,
    rootDeviceName: image?.RootDeviceName ?? "",
    async launch(change = {}) {
      const reply = await client.send(new RunInstancesCommand({ ...first, ...change }));
      return (reply.Instances ?? []).toSorted(
        (one, other) => (one.AmiLaunchIndex ?? 0) - (other.AmiLaunchIndex ?? 0),
      );
    },
    async until(id, state) {
      for (let looks = 0; looks < MAXIMUM_LOOKS; looks += 1) {
        const reply = await client.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
        const instance = reply.Reservations?.[0]?.Instances?.[0];
        if (instance?.State?.Name === state) return instance;
      }
      throw new Error(`${id} never came to be ${state}`);
    },
    [Symbol.dispose]() {
      client.destroy();
      sts.destroy();
    },
  };
}

function newAccount(): string {
  return String(randomInt(100_000_000_000, 281_000_000_000_000)).slice(0, 12);
}

/** The reply without what differs from one cloud to the next: ids by their kind, times, addresses, accounts. */
export function comparable(value: unknown, account: string): unknown {
  if (value instanceof Date) return "a time";
  if (typeof value === "string") return comparableText(value, account);
  if (Array.isArray(value)) return value.map((member) => comparable(member, account));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]) =>
      member === undefined || name === "$metadata" ? [] : [[name, comparable(member, account)]],
    ),
  );
}

function comparableText(text: string, account: string): string {
  return text
    .replaceAll(account, "ACCOUNT")
    .replaceAll(/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, "UUID")
    .replaceAll(/\b([a-z]+(?:-[a-z]+)*)-[0-9a-f]{17}\b/g, "$1-ID")
    .replaceAll(/\b\d+(?:[.-]\d+){3}\b/g, "ADDRESS");
}

/** The members of these names. */
export function pick<T extends object, K extends keyof T>(
  from: T | undefined,
  ...names: readonly K[]
) {
  return Object.fromEntries(names.map((name) => [name, from?.[name]]));
}
