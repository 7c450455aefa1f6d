import type { ChildProcess } from "node:child_process";
import { startEc2 } from "../../../testing/ec2/index.ts";
import type { Ec2Fake, Ec2Options, Ec2Region } from "../../../testing/ec2/index.ts";
import type { CommandResult } from "./command-line.ts";
import { scratchCatalog } from "./scratch-catalog.ts";
import type { ScratchCatalog } from "./scratch-catalog.ts";
import type { ProcessResult } from "./slipway-process.ts";

/** Where the machines are launched. */
export interface Ec2Place {
  /** The account of the test credentials. */
  readonly account: string;
  readonly subnetIds: readonly string[];
  readonly groupId: string;
  /** An x86_64 image. */
  readonly imageId: string;
}

export const PLACEMENT_TAGS = { team: "red", "cost-center": "42" };
export const USER_DATA = "#!/bin/sh\necho ready\n";

/** The command line on its own catalog, with an EC2 endpoint and test credentials as its only AWS settings. */
export interface Ec2Cli extends Disposable {
  readonly catalog: ScratchCatalog;
  run(argv: readonly string[], stdin?: string): Promise<string>;
  json(argv: readonly string[]): Promise<unknown>;
  /** Runs a command that may fail. */
  attempt(argv: readonly string[], stdin?: string): Promise<CommandResult>;
  /** Runs a command in a process of its own. */
  runProcess(
    argv: readonly string[],
    onStart?: (child: ChildProcess) => void,
  ): Promise<ProcessResult>;
}

export function ec2Cli(url: string, { account }: Ec2Place): Ec2Cli {
  const catalog = scratchCatalog();
  const environment = {
    AWS_ENDPOINT_URL: url,
    AWS_ACCESS_KEY_ID: account,
    AWS_SECRET_ACCESS_KEY: "test",
    NO_PROXY: "*",
  };
  const run: Ec2Cli["run"] = async (argv, stdin = "") =>
    (await catalog.must(argv, { environment, stdin })).stdout;
  return {
    catalog,
    run,
    attempt: (argv, stdin = "") => catalog.run(argv, { environment, stdin }),
    runProcess: (argv, onStart = () => undefined) =>
      catalog.runProcess(argv, { environment, onStart }),
    json: async (argv) => JSON.parse(await run([...argv, "-o", "json"])),
    [Symbol.dispose]: () => catalog[Symbol.dispose](),
  };
}

export const FAKE_ACCOUNT = "123456789012";

/** The command line on an EC2 fake of its own, with the records of a workspace. */
export interface Ec2Scene extends AsyncDisposable {
  readonly ec2: Ec2Fake;
  readonly region: Ec2Region;
  readonly cli: Ec2Cli;
}

/**
 * @param options.zones the zones of the workspace's subnets, the default ones of their zones
 * @param options.rates default: no pacing
 */
export async function ec2Scene({
  zones = ["us-east-1a"],
  rates = "off",
}: { readonly zones?: readonly string[] } & Pick<Ec2Options, "rates"> = {}): Promise<Ec2Scene> {
  const ec2 = await startEc2({ rates, timing: { pendingMs: 20, endingMs: 20 } });
  const region = ec2.region("us-east-1", FAKE_ACCOUNT);
  const subnetIds = zones.map((zone) => region.subnets[zone] ?? "");
  const groupId = region.securityGroupId;
  const place = { account: FAKE_ACCOUNT, subnetIds, groupId, imageId: region.images.x86_64 };
  const cli = ec2Cli(ec2.url, place);
  await setWorkspaceRecords(cli, place);
  return {
    ec2,
    region,
    cli,
    async [Symbol.asyncDispose]() {
      cli[Symbol.dispose]();
      await ec2.close();
    },
  };
}

/** Sets all records of a workspace on EC2, in the form that users write them. */
export async function setWorkspaceRecords(cli: Ec2Cli, place: Ec2Place): Promise<void> {
  const { account, subnetIds, groupId, imageId } = place;
  const records: Readonly<
    Record<string, { readonly name: string; readonly [field: string]: unknown }>
  > = {
    image: {
      name: "agent-base",
      architecture: "ARCHITECTURE_AMD64",
      aws: { ami_ids: { "us-east-1": imageId } },
    },
    placement: {
      name: "ec2",
      substrate: "AWS",
      target: {
        aws: {
          account_id: account,
          region: "us-east-1",
          subnet_ids: subnetIds,
          security_group_id: groupId,
          tags: PLACEMENT_TAGS,
        },
      },
    },
    "machine-type": {
      name: "small",
      vcpus: 2,
      memory_gb: 1,
      architecture: "ARCHITECTURE_AMD64",
      spec: { aws: { instance_type: "t3.micro" } },
    },
    environment: {
      name: "roomy",
      substrate: "AWS",
      machine_type_ref: "small",
      disk_type_ref: "slipway-gp3",
      disk_size_gb: 150,
    },
    workspace: {
      name: "agent-dev",
      image_ref: "agent-base",
      placement: "ec2",
      environment_ref: "roomy",
      user_data: USER_DATA,
    },
  };
  for (const [kind, record] of Object.entries(records))
    await cli.run(["set", kind, record.name], JSON.stringify(record));
}
