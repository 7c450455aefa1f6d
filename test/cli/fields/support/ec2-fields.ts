import { join } from "node:path";
import type { JsonObject } from "../../../../src/errors.ts";
import type { Ec2Fake, Ec2Region } from "../../../../testing/ec2/index.ts";
import { uniqueName } from "../../../support/world.ts";
import type { CommandResult } from "../../support/command-line.ts";
import { ec2Scene, FAKE_ACCOUNT } from "../../support/ec2-cli.ts";
import { printedError } from "../../support/printed-error.ts";
import type { PrintedError } from "../../support/printed-error.ts";

/** The records' fields of one case, in the records' spelling. */
export interface Ec2Fields {
  /** Of `target.aws`. Default: a subnet and a security group of the default VPC. */
  readonly placement?: JsonObject;
  /** EC2's name of the machine type, or of several types of which none is smaller than the first. Default `m7i.large`. */
  readonly instanceType?: string | readonly string[];
  readonly environment?: JsonObject;
}

/** The command line on one EC2 fake, with an image. */
export interface Ec2Commands extends AsyncDisposable {
  readonly ec2: Ec2Fake;
  readonly region: Ec2Region;
  /** Writes records with the fields through `set`; returns the workspace's name. */
  records(fields: Ec2Fields): Promise<string>;
  /** Writes a placement; returns what the command printed. */
  placement(name: string, aws: JsonObject): Promise<CommandResult>;
  /** Writes any record; returns what the command printed. */
  set(kind: string, body: JsonObject & { readonly name: string }): Promise<CommandResult>;
  run(...argv: readonly string[]): Promise<CommandResult>;
  /** Runs a command that must succeed; returns what it printed. */
  json(...argv: readonly string[]): Promise<unknown>;
  /** Runs a command that must fail; returns the error that it printed. */
  refused(...argv: readonly string[]): Promise<PrintedError>;
  /** The parameters of the last launch, or of the last dry run. */
  sent(kind: "dry run" | "launch"): Readonly<Record<string, string>>;
  /** A file that does not exist yet. */
  file(): string;
}

/** The sizes of the machine types that the cases use, as EC2 describes them. */
const SIZES: Readonly<Record<string, readonly [vcpus: number, memoryGb: number]>> = {
  "m6a.xlarge": [4, 16],
  "m7i.large": [2, 8],
  "t2.micro": [1, 1],
  "t3.micro": [2, 1],
};

export async function openEc2Commands(): Promise<Ec2Commands> {
  const scene = await ec2Scene();
  const { ec2, region, cli } = scene;
  const set = (kind: string, body: JsonObject & { readonly name: string }) =>
    cli.attempt(["set", kind, body.name], JSON.stringify(body));
  const mustSet = async (kind: string, body: JsonObject & { readonly name: string }) => {
    const { exitCode, stderr } = await set(kind, body);
    if (exitCode !== 0) throw new Error(stderr);
  };
  const placement = (name: string, aws: JsonObject) =>
    set("placement", {
      name,
      substrate: "AWS",
      target: {
        aws: {
          account_id: FAKE_ACCOUNT,
          region: region.name,
          subnet_ids: [region.subnets["us-east-1a"] ?? ""],
          ...aws,
        },
      },
    });
  const run = (...argv: readonly string[]) => cli.attempt([...argv, "-o", "json"]);
  return {
    ec2,
    region,
    placement,
    set,
    async records({ placement: aws = {}, instanceType = "m7i.large", environment = {} }) {
      const name = uniqueName();
      const { exitCode, stderr } = await placement(name, aws);
      if (exitCode !== 0) throw new Error(stderr);
      const instanceTypes = [instanceType].flat();
      const [vcpus, memoryGb] = SIZES[instanceTypes[0] ?? ""] ?? [0, 0];
      await mustSet("machine-type", {
        name,
        vcpus,
        memory_gb: memoryGb,
        architecture: "ARCHITECTURE_AMD64",
        spec: {
          aws:
            instanceTypes.length === 1
              ? { instance_type: instanceType }
              : { instance_types: instanceTypes },
        },
      });
      const shape = { substrate: "AWS", machine_type_ref: name, ...environment };
      await mustSet("environment", { name, ...shape });
      await mustSet("workspace", {
        name,
        image_ref: "agent-base",
        placement: name,
        environment_ref: name,
      });
      return name;
    },
    run,
    json: (...argv) => cli.json(argv),
    async refused(...argv) {
      const { stdout, stderr } = await run(...argv);
      if (stderr === "") throw new Error(`it was not refused: ${stdout}`);
      return printedError({ stderr });
    },
    sent(kind) {
      const last = ec2.requests.findLast(
        ({ action, isDryRun }) => action === "RunInstances" && isDryRun === (kind === "dry run"),
      );
      return last?.parameters ?? {};
    },
    file: () => join(cli.catalog.path, uniqueName()),
    [Symbol.asyncDispose]: () => scene[Symbol.asyncDispose](),
  };
}
